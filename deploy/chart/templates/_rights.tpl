{{/* Roles from files/rights.yaml, which is made from the table of `watcher rbac`. A test compares what comes of the two. */}}

{{/* JSON object: each feature that is switched on. */}}
{{- define "watcher.features" -}}
{{- $settings := .Values.settings -}}
{{- $features := dict "pods" true "owners" true "reviews" true -}}
{{- $_ := set $features (ternary "one-namespace" "namespaces" (eq (default "single" $settings.watchNamespaceMode) "single")) true -}}
{{- $isDryRun := include "watcher.isTrue" $settings.dryRun -}}
{{- if not $isDryRun -}}{{- $_ := set $features "cluster-uid" true -}}{{- end -}}
{{- if not (or $isDryRun (include "watcher.isFalse" $settings.leaderElect)) -}}{{- $_ := set $features "leadership" true -}}{{- end -}}
{{- $reasons := include "watcher.words" $settings.enabledReasons | splitList "," -}}
{{- if or (eq .Values.mode "daemonset") $settings.nodeName (has "*" $reasons) (has "NodeNotReady" $reasons) -}}
{{- $_ := set $features "nodes" true -}}
{{- end -}}
{{- $context := include "watcher.words" $settings.eventContext | splitList "," -}}
{{- range list "events" "logs" "limits" -}}
{{- if or (has . $context) (has "*" $context) -}}{{- $_ := set $features . true -}}{{- end -}}
{{- end -}}
{{- $silences := include "watcher.words" $settings.silenceAnnotations | splitList "," -}}
{{- if or (has "workloads" $silences) (has "*" $silences) -}}{{- $_ := set $features "workload-silences" true -}}{{- end -}}
{{- toJson $features -}}
{{- end -}}

{{- define "watcher.ownNamespace" -}}
{{- default .Release.Namespace .Values.settings.podNamespace -}}
{{- end -}}

{{- define "watcher.watchedNamespace" -}}
{{- default (include "watcher.ownNamespace" .) .Values.settings.watchNamespace -}}
{{- end -}}

{{/* Of each release its own: two of them in one namespace would else lead in turns, and what the other watches was told by nobody. */}}
{{- define "watcher.leaseBase" -}}
{{- default (printf "%s-leader-lock" (include "watcher.fullname" .)) .Values.settings.leaseName -}}
{{- end -}}

{{- define "watcher.leaseName" -}}
{{- $name := include "watcher.leaseBase" . -}}
{{- with .Values.settings.shard -}}
{{- $part := splitList "/" . -}}
{{- printf "%s-shard-%s-of-%s" $name (first $part) (last $part) -}}
{{- else -}}
{{- $name -}}
{{- end -}}
{{- end -}}

{{/* JSON list of {namespace, name, row}: every right that is needed; namespace "" is the whole cluster. */}}
{{- define "watcher.rights" -}}
{{- $features := include "watcher.features" . | fromJson -}}
{{- $own := include "watcher.ownNamespace" . -}}
{{- $watched := include "watcher.watchedNamespace" . -}}
{{- $isSingle := eq (default "single" .Values.settings.watchNamespaceMode) "single" -}}
{{- $places := dict "own" $own "cluster" "" "watched" (ternary $watched "" $isSingle) -}}
{{- $names := dict "lease" (include "watcher.leaseName" .) "watched-namespace" $watched "kube-system" "kube-system" -}}
{{- $rights := list -}}
{{- range $row := .Files.Get "files/rights.yaml" | fromYamlArray -}}
{{- if hasKey $features $row.feature -}}
{{- $rights = append $rights (dict "namespace" (get $places $row.place) "name" (get $names (default "" $row.only)) "row" $row) -}}
{{- end -}}
{{- end -}}
{{- toJson $rights -}}
{{- end -}}

{{/* The rules of one namespace; takes rights and namespace. */}}
{{- define "watcher.rules" -}}
{{- $namespace := .namespace -}}
{{- range .rights -}}
{{- if eq .namespace $namespace }}
  # {{ .row.why }}
  - apiGroups: [{{ .row.group | quote }}]
    resources: [{{ .row.resource }}]
    {{- with .name }}
    resourceNames: [{{ . | quote }}]
    {{- end }}
    verbs: [{{ join ", " .row.verbs }}]
{{- end -}}
{{- end -}}
{{- end -}}
