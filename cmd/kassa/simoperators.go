package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"kassa/front"
	"kassa/ocpi"
	"kassa/virtual/cpo"
)

// maxOperators is how many simulated operators one process has.
const maxOperators = 500

// operators are the simulated charge point operators of one process. The first has no name; another is made when it is
// first spoken of, at /sim/operator/NAME/, and speaks OCPI at /NAME/ocpi/. They share nothing but the address.
type operators struct {
	dir, url string
	versions []ocpi.Version
	log      *slog.Logger

	mu    sync.Mutex
	named map[string]*cpo.Operator
	runs  context.Context // of Run; what is made before it begins runs with it
	wait  sync.WaitGroup
	ended chan error
}

func newOperators(dir, url string, versions []ocpi.Version, log *slog.Logger) (*operators, error) {
	o := &operators{dir: dir, url: url, versions: versions, log: log, named: map[string]*cpo.Operator{}, ended: make(chan error, 1)}
	list, err := os.ReadDir(filepath.Join(dir, "named"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for _, name := range append([]string{""}, namesOf(list)...) {
		if _, err := o.open(name); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func namesOf(list []os.DirEntry) (names []string) {
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// open gives the operator of a name, and makes it where there is none.
func (o *operators) open(name string) (*cpo.Operator, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if known := o.named[name]; known != nil {
		return known, nil
	}
	if len(o.named) >= maxOperators {
		return nil, errors.New("there is no room for another operator")
	}
	dir, url := o.dir, o.url
	if name != "" {
		dir, url = filepath.Join(dir, "named", name), url+"/"+name
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	made, err := cpo.Open(cpo.Config{Dir: dir, BaseURL: url, Versions: o.versions, Now: time.Now, Random: rand.Reader, Log: o.log})
	if err != nil {
		return nil, err
	}
	o.named[name] = made
	if o.runs != nil {
		o.run(made)
	}
	return made, nil
}

// run runs one operator; the first that fails ends all. The caller holds mu.
func (o *operators) run(one *cpo.Operator) {
	ctx := o.runs
	o.wait.Go(func() {
		if err := one.Run(ctx); err != nil {
			select {
			case o.ended <- err:
			default:
			}
		}
	})
}

// Run runs them all until ctx ends or one fails.
func (o *operators) Run(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	o.mu.Lock()
	o.runs = ctx
	for _, one := range o.named {
		o.run(one)
	}
	o.mu.Unlock()
	select {
	case <-ctx.Done():
	case err = <-o.ended:
	}
	cancel()
	o.mu.Lock()
	defer o.mu.Unlock() // nothing is made any more while the last ones end
	o.wait.Wait()
	return err
}

// control serves /sim/operator/, OCPI at its own address what peers call.
func (o *operators) control() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest := strings.TrimPrefix(r.URL.Path, "/sim/operator")
		name := ""
		if parts := strings.Split(strings.TrimPrefix(rest, "/"), "/"); len(parts) > 1 {
			name = parts[0]
		}
		o.serve(w, r, name, "/sim/operator", true, (*cpo.Operator).Control)
	})
}

func (o *operators) ocpi() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if name == "ocpi" {
			name = ""
		}
		o.serve(w, r, name, "", false, (*cpo.Operator).OCPI)
	})
}

// serve lets the operator of a name answer. A peer makes none.
func (o *operators) serve(w http.ResponseWriter, r *http.Request, name, prefix string, makes bool, of func(*cpo.Operator) http.Handler) {
	o.mu.Lock()
	one := o.named[name]
	o.mu.Unlock()
	if one == nil && makes && regexp.MustCompile(`^[A-Za-z0-9-]{1,40}$`).MatchString(name) {
		var err error
		if one, err = o.open(name); err != nil {
			front.Refuse(w, http.StatusServiceUnavailable, "unavailable", err.Error())
			return
		}
	}
	if one == nil {
		front.Refuse(w, http.StatusNotFound, "not_found", "there is no such operator")
		return
	}
	if name != "" {
		prefix += "/" + name
	}
	http.StripPrefix(prefix, of(one)).ServeHTTP(w, r)
}
