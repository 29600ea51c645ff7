// podvectors writes pods, lists and watch events as Kubernetes' own code encodes them, once as protobuf and once as
// JSON, so that the readers in internal/kubernetes can be checked against the real thing (see README.md).
//
//	go run . ../../corpus/vectors
//
// The output is deterministic: running it again must change nothing.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
)

type vector struct {
	name   string
	object runtime.Object
}

type codec struct {
	pb  *protobuf.Serializer
	raw *protobuf.RawSerializer
	js  *kjson.Serializer
}

func newCodec() codec {
	scheme := runtime.NewScheme()
	utilruntime.Must(corev1.AddToScheme(scheme))
	utilruntime.Must(metav1.AddMetaToScheme(scheme))
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	return codec{
		pb:  protobuf.NewSerializer(scheme, scheme),
		raw: protobuf.NewRawSerializer(scheme, scheme),
		js:  kjson.NewSerializerWithOptions(kjson.DefaultMetaFactory, scheme, scheme, kjson.SerializerOptions{}),
	}
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: podvectors DIRECTORY")
	}
	directory := os.Args[1]
	c := newCodec()
	for _, v := range append(pods(), others()...) {
		write(directory, v.name+".pb", encode(c.pb, v.object))
		write(directory, v.name+".json", encode(c.js, v.object))
	}
	stream, lines := watch(c)
	write(directory, "watch.pb", stream)
	write(directory, "watch.json", lines)
}

func encode(encoder runtime.Encoder, object runtime.Object) []byte {
	var out bytes.Buffer
	if err := encoder.Encode(object, &out); err != nil {
		log.Fatalf("%T: %v", object, err)
	}
	return out.Bytes()
}

// watch encodes one event of each type, framed as the API server frames them.
func watch(c codec) ([]byte, []byte) {
	all := pods()
	bookmark := &corev1.Pod{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{
			ResourceVersion: "4711",
			Annotations:     map[string]string{metav1.InitialEventsAnnotationKey: "true"},
		},
	}
	expired := &metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure, Message: "too old resource version: 1 (2)", Reason: metav1.StatusReasonExpired, Code: 410,
		Details: &metav1.StatusDetails{RetryAfterSeconds: 7},
	}
	var frames, lines bytes.Buffer
	for i, e := range []vector{
		{"ADDED", all[0].object}, {"MODIFIED", all[1].object}, {"DELETED", all[2].object}, {"BOOKMARK", bookmark}, {"ERROR", expired},
	} {
		event := &metav1.WatchEvent{Type: e.name, Object: runtime.RawExtension{Raw: encode(c.pb, e.object)}}
		body := encode(c.raw, event)
		if err := binary.Write(&frames, binary.BigEndian, uint32(len(body))); err != nil {
			log.Fatal(i, err)
		}
		frames.Write(body)
		fmt.Fprintf(&lines, `{"type":%q,"object":%s}`+"\n", e.name, bytes.TrimSpace(encode(c.js, e.object)))
	}
	return frames.Bytes(), lines.Bytes()
}

func write(directory, name string, data []byte) {
	if err := os.WriteFile(filepath.Join(directory, name), data, 0o644); err != nil {
		log.Fatal(err)
	}
}
