package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/grafana/ckit/shard"
)

// How often each target is scraped, and how often at most the work is divided anew: as the original
// is configured in bench/cluster_handover.py, and as it limits itself.
const (
	scrapeInterval     = time.Second
	distributeInterval = time.Second
	sendInterval       = 200 * time.Millisecond
)

type sample struct {
	Target       string `json:"target"`
	Node         string `json:"node"`
	Milliseconds int64  `json:"ms"`
}

// scraper does what a clustered scrape component of the original does: once its node takes part, and
// whenever the cluster has changed, it looks which targets are its own, starts with new ones at their
// place on the clock (which differs from node to node) and stops at once with those that are not its
// own any more.
type scraper struct {
	name, sink string
	targets    []string
	ring       shard.Sharder
	client     *http.Client
	changed    chan struct{}
	running    map[string]chan struct{}
	mutex      sync.Mutex // Guards what follows.
	samples    []sample
}

func newScraper(name, sink string, targets []string, ring shard.Sharder) *scraper {
	transport := &http.Transport{MaxIdleConnsPerHost: 1, MaxIdleConns: len(targets)}
	return &scraper{name: name, sink: sink, targets: targets, ring: ring,
		client:  &http.Client{Transport: transport, Timeout: scrapeInterval},
		changed: make(chan struct{}, 1), running: map[string]chan struct{}{}}
}

func (s *scraper) clusterChanged() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

func (s *scraper) run() {
	go s.send()
	for range s.changed {
		s.distribute()
		time.Sleep(distributeInterval)
	}
}

func (s *scraper) owns(target string) bool {
	owners, err := s.ring.Lookup(targetKey(map[string]string{"__address__": target}), 1, shard.OpReadWrite)
	return err != nil || len(owners) == 0 || owners[0].Self
}

func (s *scraper) distribute() {
	for _, target := range s.targets {
		stop, isRunning := s.running[target]
		switch isOwn := s.owns(target); {
		case isOwn && !isRunning:
			stop = make(chan struct{})
			s.running[target] = stop
			go s.scrapeLoop(target, stop)
		case !isOwn && isRunning:
			close(stop)
			delete(s.running, target)
		}
	}
}

func (s *scraper) scrapeLoop(target string, stop chan struct{}) {
	place := time.Duration(uint64(shard.StringKey(s.name+target)) % uint64(scrapeInterval))
	now := time.Now()
	next := now.Truncate(scrapeInterval).Add(place)
	if next.Before(now) {
		next = next.Add(scrapeInterval)
	}
	for ; ; next = next.Add(scrapeInterval) {
		select {
		case <-stop:
			return
		case <-time.After(time.Until(next)):
		}
		s.scrape(target)
	}
}

func (s *scraper) scrape(target string) {
	start := time.Now()
	response, err := s.client.Get("http://" + target + "/metrics")
	if err != nil {
		return
	}
	_, err = io.Copy(io.Discard, response.Body)
	response.Body.Close()
	if err != nil {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.samples = append(s.samples, sample{target, s.name, start.UnixMilli()})
}

// What was scraped is lost when the node is killed before it is sent, as with the original.
func (s *scraper) send() {
	for range time.Tick(sendInterval) {
		s.flush()
	}
}

func (s *scraper) flush() {
	s.mutex.Lock()
	samples := s.samples
	s.samples = nil
	s.mutex.Unlock()
	if len(samples) == 0 {
		return
	}
	body, err := json.Marshal(samples)
	check(err)
	if response, err := s.client.Post(s.sink, "application/json", bytes.NewReader(body)); err == nil {
		response.Body.Close()
	}
}
