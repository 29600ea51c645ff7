package main

import (
	"reflect"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func at(seconds int64) metav1.Time { return metav1.NewTime(time.Unix(1767225600+seconds, 0).UTC()) }

func ptr[T any](value T) *T { return &value }

// healthy is what nearly every pod looks like, with what surrounds the fields that are read.
func healthy(name string) *corev1.Pod {
	return &corev1.Pod{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{
			Name: name, GenerateName: "web-", Namespace: "shop", UID: types.UID("6d0f2f3e-0000-4000-8000-" + pad(name)), ResourceVersion: "1001", Generation: 1,
			CreationTimestamp: at(0),
			Labels:            map[string]string{"app": "web", "pod-template-hash": "5d4f", "version": "ü"},
			Annotations:       map[string]string{"note": strings.Repeat("n", 300), "watcher/silence": "team=a until=2026"},
			OwnerReferences: []metav1.OwnerReference{
				{APIVersion: "v1", Kind: "Other", Name: "x", UID: "o-0"},
				{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "web-5d4f", UID: "o-1", Controller: ptr(true), BlockOwnerDeletion: ptr(true)},
			},
			Finalizers:    []string{"example.com/hold"},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubelet", Operation: "Update", APIVersion: "v1", Time: ptr(at(3)), FieldsType: "FieldsV1", FieldsV1: &metav1.FieldsV1{Raw: []byte(`{"f:status":{}}`)}}},
		},
		Spec: corev1.PodSpec{
			NodeName: "node-1", RestartPolicy: corev1.RestartPolicyAlways, ServiceAccountName: "default", Priority: ptr(int32(-5)),
			TerminationGracePeriodSeconds: ptr(int64(30)), NodeSelector: map[string]string{"a": "b"},
			Volumes:     []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: ptr(resource.MustParse("1Gi"))}}}},
			Tolerations: []corev1.Toleration{{Key: "k", Operator: corev1.TolerationOpExists, TolerationSeconds: ptr(int64(300))}},
			Containers:  []corev1.Container{container("web", "registry.example.com/web:1.2.3"), container("log", "log:1")},
		},
		Status: corev1.PodStatus{
			ObservedGeneration: 1, Phase: corev1.PodRunning, HostIP: "10.0.0.1", PodIP: "10.1.0.1", PodIPs: []corev1.PodIP{{IP: "10.1.0.1"}}, StartTime: ptr(at(1)), QOSClass: corev1.PodQOSBurstable,
			Conditions: []corev1.PodCondition{
				condition("PodReadyToStartContainers", "True"), condition("Initialized", "True"), condition("Ready", "True"), condition("ContainersReady", "True"), condition("PodScheduled", "True"),
			},
			ContainerStatuses: []corev1.ContainerStatus{running("log"), running("web")},
		},
	}
}

// pad gives a uid's last twelve digits from a name.
func pad(name string) string {
	digits := ""
	for _, c := range name {
		digits += string("0123456789abcdef"[c%16])
	}
	return (digits + "000000000000")[:12]
}

func container(name, image string) corev1.Container {
	return corev1.Container{
		Name: name, Image: image, Command: []string{"/bin/run"}, Args: []string{"--flag"}, Env: []corev1.EnvVar{{Name: "SECRET", Value: "hunter2"}},
		Ports:         []corev1.ContainerPort{{ContainerPort: 8080, Protocol: corev1.ProtocolTCP}},
		Resources:     corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("64Mi")}},
		LivenessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/healthz", Port: intstr.FromInt32(8080)}}, PeriodSeconds: 10},
		VolumeMounts:  []corev1.VolumeMount{{Name: "v", MountPath: "/v"}}, ImagePullPolicy: corev1.PullIfNotPresent,
	}
}

func condition(kind, status string) corev1.PodCondition {
	return corev1.PodCondition{Type: corev1.PodConditionType(kind), Status: corev1.ConditionStatus(status), LastTransitionTime: at(5), ObservedGeneration: 1}
}

func running(name string) corev1.ContainerStatus {
	return corev1.ContainerStatus{
		Name: name, Image: "docker.io/library/" + name + ":1", ImageID: "docker.io/library/" + name + "@sha256:" + strings.Repeat("ab", 32), ContainerID: "containerd://" + strings.Repeat("cd", 32),
		Ready: true, Started: ptr(true), State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: at(4)}},
		AllocatedResources: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m")},
		User:               &corev1.ContainerUser{Linux: &corev1.LinuxContainerUser{UID: 1000, GID: 1000}},
		VolumeMounts:       []corev1.VolumeMountStatus{{Name: "v", MountPath: "/v"}},
	}
}

func terminated(reason string, code, signal int32, message string) *corev1.ContainerStateTerminated {
	return &corev1.ContainerStateTerminated{
		ExitCode: code, Signal: signal, Reason: reason, Message: message, StartedAt: at(10), FinishedAt: at(20), ContainerID: "containerd://" + strings.Repeat("ef", 32),
	}
}

// pods has a pod for everything that is read, and for everything that could be read wrongly.
func pods() []vector {
	crash := healthy("crash")
	crash.Status.ContainerStatuses[1].Ready = false
	crash.Status.ContainerStatuses[1].Started = ptr(false)
	crash.Status.ContainerStatuses[1].RestartCount = 300
	crash.Status.ContainerStatuses[1].State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "back-off 5m0s restarting failed container"}}
	crash.Status.ContainerStatuses[1].LastTerminationState = corev1.ContainerState{Terminated: terminated("OOMKilled", 137, 9, "killed")}
	crash.Status.Conditions[2].Status = "False"
	crash.Status.Conditions[2].Reason = "ContainersNotReady"
	crash.Status.Conditions[2].Message = "containers with unready status: [web]"

	deleting := healthy("deleting")
	deleting.DeletionTimestamp = ptr(at(100))
	deleting.DeletionGracePeriodSeconds = ptr(int64(30))
	deleting.Status.Conditions = append(deleting.Status.Conditions, corev1.PodCondition{Type: corev1.DisruptionTarget, Status: "True", Reason: "EvictionByEvictionAPI", Message: "Eviction API: evicting", LastTransitionTime: at(90)})

	evicted := healthy("evicted")
	evicted.Status = corev1.PodStatus{Phase: corev1.PodFailed, Reason: "Evicted", Message: "The node was low on resource: memory. " + strings.Repeat("é", 1000)}

	completed := healthy("completed")
	completed.Spec.RestartPolicy = corev1.RestartPolicyNever
	completed.Status.Phase = corev1.PodSucceeded
	for i := range completed.Status.ContainerStatuses {
		completed.Status.ContainerStatuses[i].State = corev1.ContainerState{Terminated: terminated("Completed", 0, 0, "")}
		completed.Status.ContainerStatuses[i].Ready = false
	}

	inits := healthy("inits")
	sidecar := container("proxy", "proxy:2")
	sidecar.RestartPolicy = ptr(corev1.ContainerRestartPolicyAlways)
	inits.Spec.InitContainers = []corev1.Container{container("setup", "setup:1"), sidecar}
	setup := running("setup")
	setup.State = corev1.ContainerState{Terminated: terminated("Completed", 0, 0, "")}
	inits.Status.InitContainerStatuses = []corev1.ContainerStatus{setup, running("proxy")}
	inits.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "debug", Image: "busybox"}, TargetContainerName: "web"}}
	debug := running("debug")
	debug.State = corev1.ContainerState{Terminated: terminated("Error", 1, 0, "")}
	inits.Status.EphemeralContainerStatuses = []corev1.ContainerStatus{debug}

	waitingInit := inits.DeepCopy()
	waitingInit.Name, waitingInit.UID = "waiting", "6d0f2f3e-0000-4000-8000-0000000000ff"
	waitingInit.Status.Phase = corev1.PodPending
	waitingInit.Status.InitContainerStatuses[1].State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{}}

	mirror := healthy("mirror")
	mirror.Annotations["kubernetes.io/config.mirror"] = "d41d8cd98f00b204"
	mirror.UID = "d41d8cd98f00b204e9800998ecf8427e"

	negative := healthy("negative")
	negative.Status.ContainerStatuses[0].State = corev1.ContainerState{Terminated: terminated("ContainerStatusUnknown", -1, -1, "")}
	negative.Status.ContainerStatuses[0].State.Terminated.StartedAt = metav1.Time{}
	negative.Status.ContainerStatuses[0].State.Terminated.FinishedAt = metav1.NewTime(time.Unix(0, 0).UTC())
	negative.CreationTimestamp = metav1.Time{}

	unicode := healthy("unicode")
	unicode.Status.ContainerStatuses[0].State = corev1.ContainerState{Terminated: terminated("Error", 1, 0, "x"+strings.Repeat("😀", 400)+"\n\x00\u2028")}
	unicode.Labels = map[string]string{"__proto__": "x", "constructor": "y", "ключ": "значение"}

	many := healthy("many")
	for i := range 30 {
		many.Labels["label-"+string(rune('a'+i%26))+string(rune('a'+i/26))] = strings.Repeat("v", i)
	}
	many.Spec.Containers = nil
	many.Status.ContainerStatuses = nil
	for i := range 20 {
		name := "c" + string(rune('a'+i))
		many.Spec.Containers = append(many.Spec.Containers, container(name, name+":1"))
		many.Status.ContainerStatuses = append(many.Status.ContainerStatuses, running(name))
	}

	bare := &corev1.Pod{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: metav1.ObjectMeta{UID: "bare"}}

	return []vector{
		{"healthy", healthy("healthy")}, {"crash", crash}, {"deleting", deleting}, {"evicted", evicted}, {"completed", completed}, {"inits", inits},
		{"waiting", waitingInit}, {"mirror", mirror}, {"negative", negative}, {"unicode", unicode}, {"many", many}, {"bare", bare}, {"filled", filled()},
	}
}

// others are what lists and refusals are made of.
func others() []vector {
	list := &corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}, ListMeta: metav1.ListMeta{ResourceVersion: "2002", Continue: "token", RemainingItemCount: ptr(int64(9))}}
	for _, v := range pods()[:4] {
		pod := v.object.(*corev1.Pod).DeepCopy()
		pod.TypeMeta = metav1.TypeMeta{}
		list.Items = append(list.Items, *pod)
	}
	empty := &corev1.PodList{TypeMeta: list.TypeMeta, ListMeta: metav1.ListMeta{ResourceVersion: "2003"}}
	namespaces := &metav1.PartialObjectMetadataList{TypeMeta: metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "PartialObjectMetadataList"}, ListMeta: metav1.ListMeta{ResourceVersion: "2004"}}
	for _, name := range []string{"shop", "team-a"} {
		namespaces.Items = append(namespaces.Items, metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("ns-" + name), ResourceVersion: "5", Labels: map[string]string{"watched": "true", "project-id": "p1"}, DeletionTimestamp: ptr(at(50))}})
	}
	throttled := &metav1.Status{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusFailure, Message: "too many requests", Reason: metav1.StatusReasonTooManyRequests, Code: 429, Details: &metav1.StatusDetails{RetryAfterSeconds: 7, Kind: "pods"}}
	return append(nodes(), vector{"list", list}, vector{"list-empty", empty}, vector{"list-metadata", namespaces}, vector{"status", runtime.Object(throttled)})
}

// nodes are one that is Ready, one that is not, and one with every field of the API set, whose kubelet says nothing.
func nodes() []vector {
	node := func(name string, ready corev1.ConditionStatus) *corev1.Node {
		return &corev1.Node{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Node"},
			ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("node-" + name), ResourceVersion: "77", Labels: map[string]string{"zone": "a"}},
			Spec:       corev1.NodeSpec{PodCIDR: "10.1.0.0/24"},
			Status: corev1.NodeStatus{
				Conditions: []corev1.NodeCondition{
					{Type: corev1.NodeMemoryPressure, Status: corev1.ConditionTrue, LastHeartbeatTime: at(5), LastTransitionTime: at(3), Reason: "Low"},
					{Type: corev1.NodeReady, Status: ready, LastHeartbeatTime: at(6), LastTransitionTime: at(4), Reason: "KubeletReady", Message: "posting"},
				},
				Images: []corev1.ContainerImage{{Names: []string{"docker.io/library/web:1"}, SizeBytes: 1 << 30}},
			},
		}
	}
	full := &corev1.Node{}
	counter := 0
	fill(reflect.ValueOf(full).Elem(), &counter, 0)
	full.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}
	return []vector{
		{"node-ready", node("ready", corev1.ConditionTrue)},
		{"node-lost", node("lost", corev1.ConditionUnknown)},
		{"node-filled", full},
	}
}
