// informer is what a Go agent does to watch pods: a shared informer of client-go over protobuf, with its default settings.
// The benchmark of the watch layer measures it beside the agent (test/bench/watch/main.ts).
//
//	informer --kubeconfig FILE
//
// It prints a line of JSON once its cache is synced, and runs until it is killed.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	kubeconfig := flag.String("kubeconfig", "", "the cluster to watch")
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		log.Fatal(err)
	}
	stop := make(chan struct{})
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods().Informer()
	updates := 0
	_, err = pods.AddEventHandler(cache.ResourceEventHandlerFuncs{UpdateFunc: func(_, _ any) { updates++ }})
	if err != nil {
		log.Fatal(err)
	}
	factory.Start(stop)
	if !cache.WaitForCacheSync(stop, pods.HasSynced) {
		log.Fatal("the cache did not sync")
	}
	fmt.Printf("{\"msg\":\"synced\",\"level\":\"info\",\"pods\":%d}\n", len(pods.GetStore().ListKeys()))
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	<-signals
	fmt.Printf("{\"msg\":\"ended\",\"level\":\"info\",\"updates\":%d}\n", updates)
}
