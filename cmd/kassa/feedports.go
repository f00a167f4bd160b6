package main

import (
	"log/slog"
	"net/http"

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
