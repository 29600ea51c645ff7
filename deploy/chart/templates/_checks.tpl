{{/*
What no schema can say: values that contradict each other, or that would install something which starts and does not do
its work. Nothing is rendered then. Included by each object that is always there, since Helm renders them in no order.
*/}}
{{- define "watcher.check" -}}
{{- if kindIs "invalid" .Values.settings -}}
{{- fail "settings holds nothing: write settings: {} or leave it out" -}}
{{- end -}}
{{- with .Values.settings -}}
{{- if and (eq (toString .watchNamespaceMode) "label") (not .managedNsLabel) -}}
{{- fail "settings.managedNsLabel is required with settings.watchNamespaceMode=label: the label of the namespaces to watch" -}}
{{- end -}}
{{- if and (eq $.Values.mode "daemonset") .shard -}}
{{- fail "settings.shard has no place in mode daemonset, where each agent has its node: choose one of the two" -}}
{{- end -}}
{{- if and (eq $.Values.mode "daemonset") .nodeName -}}
{{- fail "settings.nodeName has no place in mode daemonset: all agents would tell of that one node, and of the others nobody" -}}
{{- end -}}
{{- if and .dataDir (not (hasPrefix "/" .dataDir)) -}}
{{- fail "settings.dataDir has to begin with /: the volume is mounted there" -}}
{{- end -}}
{{- end -}}
{{- if and .Values.rbac.create (not .Values.serviceAccount.create) (not .Values.serviceAccount.name) -}}
{{- fail "serviceAccount.name is required without serviceAccount.create: the rights would go to every pod of the namespace" -}}
{{- end -}}
{{- include "watcher.checkListener" . -}}
{{- include "watcher.checkGrace" . -}}
{{- include "watcher.checkSecret" . -}}
{{- end -}}

{{- define "watcher.checkListener" -}}
{{- $listen := default ":8080" .Values.settings.httpListen -}}
{{- if not (regexMatch "^(\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9.-]*):[0-9]{1,5}$" $listen) -}}
{{- fail (printf "settings.httpListen: %q is not an address to listen on, such as :8080" $listen) -}}
{{- end -}}
{{- if regexMatch ":0+$" $listen -}}
{{- fail "settings.httpListen: probes and metrics need a port that is known, and 0 takes any" -}}
{{- end -}}
{{- if regexMatch "^(localhost|127\\.[0-9.]+|\\[::1\\]):" $listen -}}
{{- fail (printf "settings.httpListen: the probes of the kubelet do not reach %s; leave the host out" $listen) -}}
{{- end -}}
{{- end -}}

{{- define "watcher.checkGrace" -}}
{{- $drain := include "watcher.drainSeconds" . | int -}}
{{- if le (include "watcher.gracePeriod" . | int) $drain -}}
{{- fail (printf "terminationGracePeriodSeconds has to be more than the %d s of settings.drainTimeout, or an orderly end is cut short" $drain) -}}
{{- end -}}
{{- end -}}

{{- define "watcher.checkSecret" -}}
{{- with .Values.planeSecret -}}
{{- $keys := list .tokenKey .caKey .certKey .keyKey | compact -}}
{{- if and $keys (not .name) -}}
{{- fail "planeSecret.name is required with its keys: without it nothing would be shown to the plane" -}}
{{- end -}}
{{- if and .name (not $keys) -}}
{{- fail "planeSecret has no key: name at least one of tokenKey, caKey, certKey, keyKey" -}}
{{- end -}}
{{- end -}}
{{- end -}}
