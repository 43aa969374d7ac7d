// A node of a cluster built on the original's own library, for our nodes to live with.
//
//	ckit -name a -listen 127.0.0.1:PORT [-join host:port,...] [-rejoin 60s]
//	     [-targets host:port,... -sink http://host:port/samples]
//
// GET /peers answers [{"name", "addr", "state"}]; POST /owners with a JSON list of label sets
// answers the name of each one's owner. SIGTERM leaves politely. With targets it scrapes those it
// owns once a second and tells the sink when (scrape.go).
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sort"
	"strings"
	"syscall"
	"time"

	"github.com/grafana/ckit"
	"github.com/grafana/ckit/peer"
	"github.com/grafana/ckit/shard"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"
)

const tokensPerNode = 512

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Labels as targets are hashed: sorted, each name and value followed by 0xff.
func targetKey(labels map[string]string) shard.Key {
	names := make([]string, 0, len(labels))
	for name := range labels {
		names = append(names, name)
	}
	sort.Strings(names)
	var text strings.Builder
	for _, name := range names {
		text.WriteString(name + "\xff" + labels[name] + "\xff")
	}
	return shard.StringKey(text.String())
}

func main() {
	name := flag.String("name", "", "name of the node")
	listen := flag.String("listen", "", "address to listen on and to advertise")
	join := flag.String("join", "", "addresses of nodes to join")
	rejoin := flag.Duration("rejoin", 0, "how often to join them again")
	targets := flag.String("targets", "", "addresses of targets to scrape")
	sink := flag.String("sink", "", "where to say what was scraped")
	flag.Parse()

	client := &http.Client{Transport: &http2.Transport{
		AllowHTTP: true,
		DialTLSContext: func(ctx context.Context, network, addr string, _ *tls.Config) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		},
	}}
	ring := shard.Ring(tokensPerNode)
	node, err := ckit.NewNode(client, ckit.Config{Name: *name, AdvertiseAddr: *listen, Sharder: ring})
	check(err)

	mux := http.NewServeMux()
	route, handler := node.Handler()
	mux.Handle(route, handler)
	mux.HandleFunc("/peers", func(w http.ResponseWriter, _ *http.Request) {
		peers := []map[string]string{}
		for _, p := range node.Peers() {
			peers = append(peers, map[string]string{"name": p.Name, "addr": p.Addr, "state": p.State.String()})
		}
		check(json.NewEncoder(w).Encode(peers))
	})
	mux.HandleFunc("/owners", func(w http.ResponseWriter, r *http.Request) {
		var sets []map[string]string
		if err := json.NewDecoder(r.Body).Decode(&sets); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		owners := make([]string, len(sets))
		for i, labels := range sets {
			if found, err := ring.Lookup(targetKey(labels), 1, shard.OpReadWrite); err == nil {
				owners[i] = found[0].Name
			}
		}
		check(json.NewEncoder(w).Encode(owners))
	})
	listener, err := net.Listen("tcp", *listen)
	check(err)
	go func() { check(http.Serve(listener, h2c.NewHandler(mux, &http2.Server{}))) }()

	var peers []string
	if *join != "" {
		peers = strings.Split(*join, ",")
	}
	if node.Start(peers) != nil {
		// Nobody there yet: as the original does, it begins alone and joins later.
		check(node.Start(nil))
	}
	if *rejoin > 0 {
		go func() {
			for range time.Tick(*rejoin) {
				_ = node.Start(peers)
			}
		}()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	check(node.ChangeState(ctx, peer.StateParticipant))
	cancel()
	if *targets != "" {
		s := newScraper(*name, *sink, strings.Split(*targets, ","), ring)
		node.Observe(ckit.FuncObserver(func([]peer.Peer) bool {
			s.clusterChanged()
			return true
		}))
		s.clusterChanged()
		go s.run()
	}
	fmt.Println("running")

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	<-stop
	ctx, cancel = context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	check(node.ChangeState(ctx, peer.StateTerminating))
	check(node.Stop())
}
