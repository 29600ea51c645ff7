{{- define "watcher.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{/* A Pod of a StatefulSet or Job carries more behind it: 52 of 63 characters are ours. */}}
{{- define "watcher.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "watcher.name" . -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "watcher.selectorLabels" -}}
app.kubernetes.io/name: {{ include "watcher.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "watcher.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "watcher.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "watcher.serviceAccountName" -}}
{{- default (ternary (include "watcher.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "watcher.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* True as the agent reads it: the words of a flag. */}}
{{- define "watcher.isTrue" -}}
{{- if has (toString . | lower) (list "true" "yes" "on" "1" "t" "y") -}}true{{- end -}}
{{- end -}}

{{- define "watcher.isFalse" -}}
{{- if has (toString . | lower) (list "false" "no" "off" "0" "f" "n") -}}true{{- end -}}
{{- end -}}

{{/* A value of a setting as a flag has it: lists joined by commas, whole numbers without an exponent. */}}
{{- define "watcher.flagValue" -}}
{{- if kindIs "slice" . -}}{{ join "," . }}
{{- else if and (kindIs "float64" .) (eq . (float64 (int64 .))) -}}{{ int64 . }}
{{- else -}}{{ toString . }}
{{- end -}}
{{- end -}}

{{/* The words of a list, joined by commas, whichever way it was given. */}}
{{- define "watcher.words" -}}
{{- if not (kindIs "invalid" .) -}}{{ include "watcher.flagValue" . | replace " " "" }}{{- end -}}
{{- end -}}

{{/* Whole seconds of a duration such as 1m30s, rounded up. */}}
{{- define "watcher.seconds" -}}
{{- $ms := 0.0 -}}
{{- $units := dict "ms" 1.0 "s" 1000.0 "m" 60000.0 "h" 3600000.0 -}}
{{- range regexFindAll "[0-9.]+(ms|s|m|h)" . -1 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- $ms = addf $ms (mulf (float64 (trimSuffix $unit .)) (get $units $unit)) -}}
{{- end -}}
{{- ceil (divf $ms 1000.0) | int -}}
{{- end -}}

{{- define "watcher.drainSeconds" -}}
{{- include "watcher.seconds" (default "25s" .Values.settings.drainTimeout) -}}
{{- end -}}

{{- define "watcher.gracePeriod" -}}
{{- if kindIs "invalid" .Values.terminationGracePeriodSeconds -}}
{{- add (include "watcher.drainSeconds" . | int) 15 -}}
{{- else -}}
{{- int .Values.terminationGracePeriodSeconds -}}
{{- end -}}
{{- end -}}

{{- define "watcher.httpPort" -}}
{{- regexFind "[0-9]+$" (default ":8080" .Values.settings.httpListen) -}}
{{- end -}}

{{/* HTTPS where the listener has a certificate. */}}
{{- define "watcher.httpScheme" -}}
{{- ternary "HTTPS" "HTTP" (not (empty .Values.settings.httpCertFile)) -}}
{{- end -}}

{{/* Port of a URL, with that of its scheme where it names none. */}}
{{- define "watcher.urlPort" -}}
{{- $url := urlParse . -}}
{{- default (ternary "443" "80" (eq $url.scheme "https")) (regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host)) -}}
{{- end -}}

{{/* "true" where the outbox is on a volume. */}}
{{- define "watcher.hasData" -}}
{{- if and (ne (toString .Values.settings.outbox) "memory") (not (include "watcher.isTrue" .Values.settings.dryRun)) -}}true{{- end -}}
{{- end -}}

{{- define "watcher.dataDir" -}}
{{- default "/var/lib/watcher" .Values.settings.dataDir -}}
{{- end -}}
