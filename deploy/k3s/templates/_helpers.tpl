{{- define "vedette.name" -}}
{{- if contains "vedette" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-vedette" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "vedette.image" -}}
{{ .root.Values.image.registry }}{{ .name }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "vedette.labels" -}}
{{ include "vedette.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "vedette.selector" -}}
app.kubernetes.io/name: vedette
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* What Pod Security "restricted" asks of a container, and a root file system that cannot be written. */}}
{{- define "vedette.restricted" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "vedette.hubHost" -}}{{ include "vedette.name" . }}-hub.{{ .Release.Namespace }}.svc{{- end }}
{{- define "vedette.hubUrl" -}}{{ .Values.agent.hub.url | default (printf "https://%s:8443" (include "vedette.hubHost" .)) }}{{- end }}
{{- define "vedette.mqttUrl" -}}{{ .Values.agent.hub.mqttUrl | default (printf "mqtts://%s:8883" (include "vedette.hubHost" .)) }}{{- end }}

{{/* With the authority of your own, where there is one. */}}
{{- define "vedette.databaseUrl" -}}
{{- $database := .Values.hub.database -}}
{{- if and .Values.network.enabled (not .Values.network.databases.networks) (not .Values.network.databases.namespaces) }}{{ fail "hub.database.url: network.databases is needed too: where the database is, so that the hub may reach it" }}{{ end -}}
{{- if not $database.caSecret }}{{ $database.url }}{{ else }}{{ $database.url }}{{ ternary "&" "?" (contains "?" $database.url) }}sslrootcert=/run/vedette/database/ca.crt{{ end -}}
{{- end }}

{{- define "vedette.databaseArgs" -}}
- {{ printf "--database-url=%s" (include "vedette.databaseUrl" .) | quote }}
{{- if .Values.hub.database.passwordSecret }}
- --database-password-file=/run/vedette/database/password
{{- end }}
{{- end }}

{{/* Password and authority, as files. */}}
{{- define "vedette.databaseVolume" -}}
{{- $database := .Values.hub.database -}}
{{- if or $database.passwordSecret $database.caSecret -}}
- name: database
  projected:
    defaultMode: 0440
    sources:
      {{- with $database.passwordSecret }}
      - secret: { name: {{ . }}, items: [{ key: password, path: password }] }
      {{- end }}
      {{- with $database.caSecret }}
      - secret: { name: {{ . }}, items: [{ key: ca.crt, path: ca.crt }] }
      {{- end }}
{{- end }}
{{- end }}

{{/* The hub itself refuses internal receivers unless they are named: those that the policy lets through. */}}
{{- define "vedette.alertNetworks" -}}
{{- $networks := list -}}
{{- range .Values.network.receivers.networks }}{{ $networks = append $networks .cidr }}{{ end -}}
{{- if .Values.network.receivers.namespaces }}{{ $networks = append $networks .Values.network.serviceNetwork }}{{ end -}}
{{- join "," (uniq $networks) -}}
{{- end }}

{{/* agent.yaml of a group or a node. */}}
{{- define "vedette.agentYaml" -}}
{{- $token := ternary "/run/vedette/api/token" "${VEDETTE_STATE}/api.token" (ne .root.Values.agent.api.tokenSecret "") -}}
{{- $root := ternary "/run/vedette/trust/root.json" "${VEDETTE_STATE}/root.json" (ne .root.Values.agent.trustRoot "") -}}
{{- $own := dict
  "device" "${VEDETTE_DEVICE}"
  "dataDir" "${VEDETTE_STATE}/data"
  "hub" (dict "url" (include "vedette.mqttUrl" .root) "identityFile" "${VEDETTE_STATE}/identity.json")
  "api" (dict "host" "0.0.0.0" "port" 8090 "tokenFile" $token)
  "streams" dict -}}
{{- if .root.Values.agent.updates }}{{ $_ := set $own "updates" (dict "url" (include "vedette.hubUrl" .root) "rootFile" $root) }}{{ end -}}
{{- $runners := dict "runners" (dict "count" (int .group.runners)) -}}
{{- mergeOverwrite $own $runners (deepCopy (.group.config | default dict)) (deepCopy (.node | default dict)) | toYaml -}}
{{- end }}

{{/* Two groups that could choose the same node would run two agents on one state. */}}
{{- define "vedette.checkGroups" -}}
{{- $groups := .Values.agent.groups -}}
{{- range $i, $a := $groups }}{{ range $j, $b := $groups }}{{ if lt $i $j }}
{{- if eq $a.name $b.name }}{{ fail (printf "agent.groups: two groups have the name %s" $a.name) }}{{ end -}}
{{- $differ := false -}}
{{- range $key, $value := $a.nodeSelector }}{{ if hasKey ($b.nodeSelector | default dict) $key }}{{ if ne (toString $value) (toString (get $b.nodeSelector $key)) }}{{ $differ = true }}{{ end }}{{ end }}{{ end -}}
{{- if not $differ }}{{ fail (printf "agent.groups: a node could belong to %s and to %s: give both a label in nodeSelector with different values" $a.name $b.name) }}{{ end -}}
{{- end }}{{ end }}{{ end -}}
{{- end }}
