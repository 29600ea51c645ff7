{{/* The settings, as the environment: so that `kubectl exec ... watcher check` has the same ones. */}}
{{- define "watcher.settings" -}}
{{- $given := dict -}}
{{- range $name, $value := .Values.settings -}}
{{- if not (kindIs "invalid" $value) -}}{{- $_ := set $given (snakecase $name | upper) (include "watcher.flagValue" $value) -}}{{- end -}}
{{- end -}}
{{- $_ := set $given "RESTATE_URL" (required "restateUrl is required: --set restateUrl=https://restate.example.com:8080" .Values.restateUrl) -}}
{{- $_ := set $given "CLUSTER_ID" (required "clusterId is required: --set clusterId=prod-eu-1" (include "watcher.flagValue" .Values.clusterId)) -}}
{{- $lease := include "watcher.leaseBase" . -}}
{{- if ne $lease "watcher-leader-lock" -}}{{- $_ := set $given "LEASE_NAME" $lease -}}{{- end -}}
{{- if include "watcher.hasData" . -}}{{- $_ := set $given "DATA_DIR" (include "watcher.dataDir" .) -}}{{- end -}}
{{- with .Values.planeSecret -}}
{{- range $setting, $key := dict "RESTATE_TOKEN_FILE" .tokenKey "RESTATE_CA_FILE" .caKey "RESTATE_CERT_FILE" .certKey "RESTATE_KEY_FILE" .keyKey -}}
{{- if and $.Values.planeSecret.name $key -}}{{- $_ := set $given $setting (printf "/etc/watcher/plane/%s" $key) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $given -}}
{{- end -}}

{{- define "watcher.env" -}}
{{- $given := include "watcher.settings" . | fromJson -}}
{{- range $name, $value := $given }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- $fields := dict "POD_NAME" "metadata.name" "POD_NAMESPACE" "metadata.namespace" -}}
{{- if eq .Values.mode "daemonset" -}}{{- $_ := set $fields "NODE_NAME" "spec.nodeName" -}}{{- end -}}
{{- range $name, $path := $fields }}
{{- if not (hasKey $given $name) }}
- name: {{ $name }}
  valueFrom:
    fieldRef: { fieldPath: {{ $path }} }
{{- end }}
{{- end }}
# A share of the container's memory limit.
- { name: NODE_OPTIONS, value: "--max-old-space-size-percentage={{ int .Values.heapPercent }}" }
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* As the Pod Security Standard `restricted` wants it. */}}
{{- define "watcher.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "watcher.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "watcher.spread" -}}
{{- range $at, $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" -}}
{{- if $at }}
{{ end -}}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "watcher.selectorLabels" $ | nindent 6 }}
{{- end }}
{{- end -}}

{{- define "watcher.pod" -}}
metadata:
  labels:
    {{- include "watcher.selectorLabels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: watcher
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "watcher.serviceAccountName" . | quote }}
  {{- with .Values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  # Variables of Services would look like settings.
  enableServiceLinks: false
  # An orderly end drains the outbox; it is cut short by nothing.
  terminationGracePeriodSeconds: {{ include "watcher.gracePeriod" . }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  securityContext:
    {{- include "watcher.podSecurity" . | nindent 4 }}
  containers:
    - name: watcher
      image: {{ include "watcher.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      env:
        {{- include "watcher.env" . | trim | nindent 8 }}
      ports:
        - name: http
          containerPort: {{ include "watcher.httpPort" . }}
      livenessProbe:
        httpGet: { path: /livez, port: http, scheme: {{ include "watcher.httpScheme" . }} }
        initialDelaySeconds: 10
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: http, scheme: {{ include "watcher.httpScheme" . }} }
        periodSeconds: 5
        timeoutSeconds: 5
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        {{- include "watcher.containerSecurity" . | nindent 8 }}
      volumeMounts:
        {{- if include "watcher.hasData" . }}
        - name: data
          mountPath: {{ include "watcher.dataDir" . | quote }}
        {{- end }}
        {{- if .Values.planeSecret.name }}
        - name: plane
          mountPath: /etc/watcher/plane
          readOnly: true
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    {{- if and (include "watcher.hasData" .) (ne .Values.mode "statefulset") }}
    - name: data
      emptyDir:
        sizeLimit: {{ .Values.data.emptyDirSize }}
    {{- end }}
    {{- if .Values.planeSecret.name }}
    - name: plane
      secret:
        secretName: {{ .Values.planeSecret.name | quote }}
        defaultMode: 0440
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .Values.tolerations }}
  tolerations:
    {{- toYaml .Values.tolerations | nindent 4 }}
  {{- else if eq .Values.mode "daemonset" }}
  tolerations:
    - operator: Exists
  {{- end }}
  {{- if not (kindIs "invalid" .Values.topologySpreadConstraints) }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- else if ne .Values.mode "daemonset" }}
  topologySpreadConstraints:
    {{- include "watcher.spread" . | nindent 4 }}
  {{- end }}
{{- end -}}
