package feed

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// fetch gets a document. A status of 0 tells that nobody answered; the body is read only of a 200.
func (r *Reader) fetch(ctx context.Context, url, header string) (status int, body []byte, err error) {
	if err := r.cfg.CheckURL(url); err != nil {
		return 0, nil, fmt.Errorf("feed: the address may not be called: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, fmt.Errorf("feed: %w", err)
	}
	ask.Header.Set("Accept", "application/json")
	ask.Header.Set("User-Agent", "Kassa")
	if header != "" {
		ask.Header.Set("Authorization", header)
	}
	answer, err := r.cfg.Client.Do(ask)
	if err != nil {
		return 0, nil, fmt.Errorf("feed: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return answer.StatusCode, nil, fmt.Errorf("feed: it answered %s", answer.Status)
	}
	body, err = io.ReadAll(io.LimitReader(answer.Body, maxBody+1))
	if err != nil {
		return answer.StatusCode, nil, fmt.Errorf("feed: %w", err)
	}
	if len(body) > maxBody {
		return answer.StatusCode, nil, fmt.Errorf("feed: the answer is larger than %d bytes", maxBody)
	}
	return answer.StatusCode, body, nil
}
