package main

import (
	"fmt"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// filled is a pod with every field of the API set, each to a value of its own: no field may be taken for another one.
func filled() *corev1.Pod {
	pod := &corev1.Pod{}
	counter := 0
	fill(reflect.ValueOf(pod).Elem(), &counter, 0)
	pod.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
	pod.UID = "filled"
	pod.OwnerReferences[0].Controller = ptr(true)
	pod.Annotations["kubernetes.io/config.mirror"], pod.Annotations["watcher/silence"] = "mirror", "silence"
	pod.Status.InitContainerStatuses[0].Name = pod.Spec.InitContainers[0].Name
	pod.Status.ContainerStatuses[0].Name = pod.Spec.Containers[0].Name
	pod.Status.EphemeralContainerStatuses[0].Name = pod.Spec.EphemeralContainers[0].Name
	pod.Spec.RestartPolicy = corev1.RestartPolicyOnFailure
	return pod
}

func fill(value reflect.Value, counter *int, depth int) {
	*counter++
	switch special := value.Addr().Interface().(type) {
	case *metav1.Time:
		*special = at(int64(*counter))
		return
	case *resource.Quantity:
		*special = *resource.NewQuantity(int64(*counter), resource.DecimalSI)
		return
	case *intstr.IntOrString:
		*special = intstr.FromInt32(int32(*counter))
		return
	case *metav1.FieldsV1:
		special.Raw = []byte(`{"f:x":{}}`)
		return
	}
	switch value.Kind() {
	case reflect.String:
		value.SetString(fmt.Sprintf("s%d", *counter))
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		value.SetInt(int64(*counter))
	case reflect.Uint8:
		value.SetUint(uint64(*counter % 256))
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		fill(value.Elem(), counter, depth+1)
	case reflect.Slice:
		value.Set(reflect.MakeSlice(value.Type(), 1, 1))
		fill(value.Index(0), counter, depth+1)
	case reflect.Map:
		value.Set(reflect.MakeMap(value.Type()))
		key, item := reflect.New(value.Type().Key()).Elem(), reflect.New(value.Type().Elem()).Elem()
		fill(key, counter, depth+1)
		fill(item, counter, depth+1)
		value.SetMapIndex(key, item)
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				fill(value.Field(i), counter, depth+1)
			}
		}
	}
}
