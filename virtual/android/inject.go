package android

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// maxHead is how far into a page its <head> is looked for.
const maxHead = 64 << 10

// headForm is where a page's own scripts can begin at the earliest.
var headForm = regexp.MustCompile(`(?i)<head(?:\s[^>]*)?>`)

var doctypeForm = regexp.MustCompile(`(?i)^\s*(?:<!--.*?-->\s*)*<!doctype[^>]*>`)

// inject puts a tag before everything else that a page runs.
func inject(page io.ReadCloser, tag string) (io.ReadCloser, error) {
	start := make([]byte, maxHead)
	n, err := io.ReadFull(page, start)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	start = start[:n]
	at := 0
	if bytes.HasPrefix(start, []byte("\xef\xbb\xbf")) {
		at = 3
	}
	if m := doctypeForm.FindIndex(start[at:]); m != nil {
		at += m[1]
	}
	if m := headForm.FindIndex(start); m != nil {
		at = m[1]
	}
	whole := io.MultiReader(bytes.NewReader(start[:at]), strings.NewReader(tag), bytes.NewReader(start[at:]), page)
	return struct {
		io.Reader
		io.Closer
	}{whole, page}, nil
}

// tag is the script element of the browser. go, when it is set, is where the browser must go at once.
func (p *proxy) tag(goTo string) string {
	return fmt.Sprintf(`<script src="%s" nonce="%s" data-target="%s" data-parents="%s" data-go="%s"></script>`,
		scriptPath, p.nonce, html.EscapeString(p.origin), html.EscapeString(strings.Join(p.parents(), " ")), html.EscapeString(goTo))
}

// framed takes away what forbids a page to be shown in a frame, and lets its policy run the browser's script.
func framed(h http.Header, nonce string) {
	h.Del("X-Frame-Options")
	h.Del("Clear-Site-Data") // the site is not at home here: it would clear what is not its own
	for _, name := range []string{"Content-Security-Policy", "Content-Security-Policy-Report-Only"} {
		policies := h.Values(name)
		if len(policies) == 0 {
			continue
		}
		h.Del(name)
		for _, policy := range policies {
			for one := range strings.SplitSeq(policy, ",") { // a comma separates whole policies
				if one = withNonce(one, nonce); one != "" {
					h.Add(name, one)
				}
			}
		}
	}
}

// withNonce rewrites one policy (W3C CSP level 3).
func withNonce(policy, nonce string) string {
	var kept []string
	scripts, fallback := -1, -1
	for directive := range strings.SplitSeq(policy, ";") {
		words := strings.Fields(directive)
		if len(words) == 0 {
			continue
		}
		switch words[0] = strings.ToLower(words[0]); words[0] {
		case "frame-ancestors", "sandbox", "upgrade-insecure-requests":
			continue
		case "script-src", "script-src-elem":
			scripts = len(kept)
			words = allow(words, nonce)
		case "default-src":
			fallback = len(kept)
		}
		kept = append(kept, strings.Join(words, " "))
	}
	if scripts < 0 && fallback >= 0 {
		words := strings.Fields(kept[fallback])
		words[0] = "script-src"
		kept = append(kept, strings.Join(allow(words, nonce), " "))
	}
	return strings.Join(kept, "; ")
}

func allow(words []string, nonce string) []string {
	words = slices.DeleteFunc(words, func(w string) bool { return strings.EqualFold(w, "'none'") })
	return append(words, "'nonce-"+nonce+"'")
}
