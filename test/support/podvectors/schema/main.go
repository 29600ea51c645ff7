// schema writes how Kubernetes' API puts a pod into protobuf: of every message in it the fields with their numbers, their
// names in JSON and their types, read by reflection from the struct tags of k8s.io/api.
//
//	go run ./schema ../pod-protobuf-schema.json
//
// The output is deterministic: running it again must change nothing.
package main

import (
	"fmt"
	"log"
	"os"
	"reflect"
	"sort"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// field is one field of a message. The file has its four parts in this order.
type field struct {
	number int
	// Name in JSON; empty where JSON has the message's fields inline.
	name string
	// string, int, bool, time, quantity, intOrString, fields, or the name of a message.
	kind string
	// always: written whatever its value; present: only where it is set; repeated; map (of strings to the type).
	when string
}

var special = map[reflect.Type]string{
	reflect.TypeFor[metav1.Time]():        "time",
	reflect.TypeFor[resource.Quantity]():  "quantity",
	reflect.TypeFor[intstr.IntOrString](): "intOrString",
	reflect.TypeFor[metav1.FieldsV1]():    "fields",
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: schema FILE")
	}
	messages := map[string][]field{}
	describe(reflect.TypeFor[corev1.Pod](), messages)
	describe(reflect.TypeFor[metav1.PartialObjectMetadata](), messages)
	out := []string{}
	for _, name := range names(messages) {
		out = append(out, strconv.Quote(name)+": "+lines(messages[name]))
	}
	if err := os.WriteFile(os.Args[1], []byte("{\n  "+strings.Join(out, ",\n  ")+"\n}\n"), 0o644); err != nil {
		log.Fatal(err)
	}
}

func names(messages map[string][]field) []string {
	all := []string{}
	for name := range messages {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}

// lines formats as the project's formatter would.
func lines(fields []field) string {
	out := []string{}
	for _, f := range fields {
		out = append(out, fmt.Sprintf("[%d, %q, %q, %q]", f.number, f.name, f.kind, f.when))
	}
	if len(out) == 1 {
		return "[" + out[0] + "]"
	}
	return "[\n    " + strings.Join(out, ",\n    ") + "\n  ]"
}

func describe(message reflect.Type, messages map[string][]field) {
	if _, known := messages[message.Name()]; known {
		return
	}
	messages[message.Name()] = nil
	fields := []field{}
	for i := range message.NumField() {
		tag := message.Field(i).Tag.Get("protobuf")
		if tag == "" || tag == "-" {
			continue
		}
		number, err := strconv.Atoi(strings.Split(tag, ",")[1])
		if err != nil {
			log.Fatalf("%s.%s: %v", message.Name(), message.Field(i).Name, err)
		}
		when, element := shape(message.Field(i).Type)
		fields = append(fields, field{number, strings.Split(message.Field(i).Tag.Get("json"), ",")[0], typeOf(element, messages), when})
	}
	sort.Slice(fields, func(i, j int) bool { return fields[i].number < fields[j].number })
	messages[message.Name()] = fields
}

func shape(t reflect.Type) (string, reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer:
		return "present", t.Elem()
	case reflect.Slice:
		return "repeated", t.Elem()
	case reflect.Map:
		return "map", t.Elem()
	default:
		return "always", t
	}
}

func typeOf(t reflect.Type, messages map[string][]field) string {
	if name, is := special[t]; is {
		return name
	}
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Int32, reflect.Int64:
		return "int"
	case reflect.Struct:
		describe(t, messages)
		return t.Name()
	default:
		log.Fatalf("no rule for %s", t)
		return ""
	}
}
