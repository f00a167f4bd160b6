package multisafepay

import (
	"bytes"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"kassa/estate"
)

// An API token stands for a key in a browser: for ten minutes it may ask which payment methods there
// are, and nothing else.
const (
	publicPrefix  = "pub.v2."
	publicLife    = 600 * time.Second
	publicPurpose = "api token"
	rolePublic    = estate.Role("public")
)

type publicClaims struct {
	Account string `json:"acc"`
	Group   string `json:"grp"`
	Expires int64  `json:"exp"`
}

func (h *Handler) apiToken(w http.ResponseWriter, c *call) *refusal {
	claims := segment(encode(object{
		"acc": c.caller.Account, "exp": h.Now().Add(publicLife).Unix(), "grp": c.caller.Group,
	}))
	writeSuccess(w, object{"api_token": publicPrefix + claims + "." + segment(mac(h.Secret, publicPurpose, claims))}, nil)
	return nil
}

// openPublic gives whose token it is.
func (h *Handler) openPublic(token string) (Caller, bool) {
	claims, signature, ok := strings.Cut(strings.TrimPrefix(token, publicPrefix), ".")
	sum, err := base64.RawURLEncoding.DecodeString(signature)
	if !ok || err != nil || !hmac.Equal(sum, mac(h.Secret, publicPurpose, claims)) {
		return Caller{}, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(claims)
	if err != nil {
		return Caller{}, false
	}
	var p publicClaims
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&p); err != nil || h.Now().Unix() >= p.Expires {
		return Caller{}, false
	}
	return Caller{Account: p.Account, Group: p.Group, Role: rolePublic}, true
}
