package main

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"kassa/operator"
	"kassa/operator/feed"
	"kassa/webhook"
)

// joinFeed makes the reader of what providers say; what it may reach is what the OCPI door may.
func (c *cloud) joinFeed(log *slog.Logger) (err error) {
	keys, err := feed.OpenKeys(c.store, c.secure, c.now)
	if err != nil {
		return err
	}
	c.feed, err = feed.New(feed.Config{
		Registry: c.operators, Keys: keys, Now: c.now, Log: log,
		CheckURL: func(url string) error { return webhook.CheckURL(c.registry.Environment(), url) },
		Client: &http.Client{
			Transport:     ocpiPorts{c}.transport(),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	})
	return err
}

// heardWorlds has what was written about a provider read at once: until then nobody knows how that is.
type heardWorlds struct {
	*operator.Registry
	feed *feed.Reader
}

func (h heardWorlds) Put(account, kind, id string, body []byte) (json.RawMessage, error) {
	state, err := h.Registry.Put(account, kind, id, body)
	if err == nil && (kind == "providers" || kind == "provider-environments") {
		h.feed.Wake()
	}
	return state, err
}
