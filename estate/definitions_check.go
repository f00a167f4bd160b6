package estate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// The rules of settings that are objects or lists; each gives the rule that a value breaks.

var (
	currencyForm = regexp.MustCompile(currencyPattern)
	shareForm    = regexp.MustCompile(`^([0-9]{1,2}(\.[0-9]+)?|100)$`)
	brandForm    = regexp.MustCompile(`^[A-Z]{2,20}$`) // as terminals report it: VISA, MAESTRO, VPAY
	tipForm      = regexp.MustCompile(`^([0-9]{1,2}(\.[0-9]{1,2})?%|100%|[0-9]{1,9})$`)
)

// strict decodes what may hold no other members than v has.
func strict(raw json.RawMessage, v any) bool {
	in := json.NewDecoder(bytes.NewReader(raw))
	in.DisallowUnknownFields()
	return in.Decode(v) == nil
}

func checkTexts(raw json.RawMessage) string {
	var list []string
	if !strict(raw, &list) || len(list) > 50 || slices.ContainsFunc(list, func(s string) bool { return s == "" || len(s) > maxURL }) {
		return "a list of up to 50 texts"
	}
	return ""
}

func checkBrands(raw json.RawMessage) string {
	var list []string
	if !strict(raw, &list) || len(list) > 50 || slices.ContainsFunc(list, func(s string) bool { return !brandForm.MatchString(s) }) {
		return "a list of up to 50 brands of cards in capital letters, like MAESTRO"
	}
	return ""
}

func checkCurrencies(raw json.RawMessage) string {
	var list []string
	if !strict(raw, &list) || len(list) > 50 || slices.ContainsFunc(list, func(s string) bool { return !currencyForm.MatchString(s) }) {
		return "a list of up to 50 currencies, " + currencyRule
	}
	return ""
}

func checkGratuities(raw json.RawMessage) string {
	var list []struct {
		Currency                string   `json:"currency"`
		UsePredefinedTipEntries bool     `json:"usePredefinedTipEntries"`
		PredefinedTipEntries    []string `json:"predefinedTipEntries"`
		AllowCustomAmount       bool     `json:"allowCustomAmount"`
	}
	if !strict(raw, &list) || len(list) > 50 {
		return "a list of objects with currency, usePredefinedTipEntries, predefinedTipEntries and allowCustomAmount"
	}
	seen := make(map[string]bool)
	for _, g := range list {
		most := 4
		if g.AllowCustomAmount {
			most = 3
		}
		switch {
		case !currencyForm.MatchString(g.Currency):
			return "currency: " + currencyRule
		case seen[g.Currency]:
			return "currency: each one once"
		case len(g.PredefinedTipEntries) > most:
			return "predefinedTipEntries: up to 4, and 3 with allowCustomAmount"
		case g.UsePredefinedTipEntries && len(g.PredefinedTipEntries) == 0:
			return "predefinedTipEntries: at least one when usePredefinedTipEntries is true"
		}
		for _, entry := range g.PredefinedTipEntries {
			if !tipForm.MatchString(entry) {
				return `predefinedTipEntries: minor units like "500" or a share like "5%"`
			}
		}
		seen[g.Currency] = true
	}
	return ""
}

// address is one URL that notifications go to.
type address struct {
	URL       string `json:"url"`
	Username  string `json:"username"`
	Password  string `json:"password"`
	Encrypted bool   `json:"encrypted"`
}

func (a address) broken() bool {
	u, err := url.Parse(a.URL)
	return err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || len(a.URL) > maxURL
}

const addressRule = "url: http:// or https:// with a host, without user and password"

func checkURLs(raw json.RawMessage) string {
	var v struct {
		Local  []address `json:"localUrls"`
		Public []address `json:"publicUrls"`
	}
	return addressesRule(strict(raw, &v), "localUrls and publicUrls", v.Local, v.Public)
}

func checkEventURLs(raw json.RawMessage) string {
	var v struct {
		Local  []address `json:"eventLocalUrls"`
		Public []address `json:"eventPublicUrls"`
	}
	return addressesRule(strict(raw, &v), "eventLocalUrls and eventPublicUrls", v.Local, v.Public)
}

// addressesRule is the rule that two lists of addresses break, whose members have these names.
func addressesRule(read bool, names string, local, public []address) string {
	switch {
	case !read || len(local)+len(public) > 20:
		return "an object with " + names + ", lists of {url, username, password, encrypted}"
	case slices.ContainsFunc(slices.Concat(local, public), address.broken):
		return addressRule
	}
	return ""
}

func checkEncryptionKey(raw json.RawMessage) string {
	var v struct {
		Identifier string `json:"identifier"`
		Passphrase string `json:"passphrase"`
		Version    int    `json:"version"`
	}
	switch {
	case !strict(raw, &v):
		return "an object with identifier, passphrase and version"
	case v.Identifier == "" || len(v.Identifier) > 100:
		return "identifier: 1 to 100 characters"
	case v.Passphrase == "" || len(v.Passphrase) > 256:
		return "passphrase: 1 to 256 characters"
	case v.Version < 0:
		return "version: a whole number from 0"
	}
	return ""
}

func checkNotification(raw json.RawMessage) string {
	var v struct {
		Category   string `json:"category"`
		Details    string `json:"details"`
		Enabled    bool   `json:"enabled"`
		ShowButton bool   `json:"showButton"`
		Title      string `json:"title"`
	}
	switch {
	case !strict(raw, &v):
		return "an object with category, details, enabled, showButton and title"
	case !slices.Contains([]string{"SaleWakeUp", "KeyPressed", ""}, v.Category):
		return "category: SaleWakeUp, KeyPressed or empty"
	case len(v.Details) > maxShopText || len(v.Title) > maxName:
		return fmt.Sprintf("details and title: up to %d and %d bytes", maxShopText, maxName)
	}
	return ""
}

// amountOf is an amount in minor units with its currency.
type amountOf struct {
	Amount       int64  `json:"amount"`
	CurrencyCode string `json:"currencyCode"`
}

func (a amountOf) broken() bool {
	return a.Amount < 0 || a.Amount > maxMinorAmount || !currencyForm.MatchString(a.CurrencyCode)
}

func checkForwardAmounts(raw json.RawMessage) string {
	var list []amountOf
	if !strict(raw, &list) || len(list) > 50 || slices.ContainsFunc(list, amountOf.broken) {
		return "a list of {amount, currencyCode}: minor units from 0, and " + currencyRule
	}
	return ""
}

func checkCardTypes(raw json.RawMessage) string {
	var v map[string]bool
	known := []string{"credit", "debit", "deferredDebit", "prepaid", "unknown"}
	if strict(raw, &v) {
		for name := range v {
			if !slices.Contains(known, name) {
				return name + ": the types are " + strings.Join(known, ", ")
			}
		}
		return ""
	}
	return "an object of true and false by card type: " + strings.Join(known, ", ")
}

func checkSurcharges(raw json.RawMessage) string {
	var list []struct {
		Brand      string   `json:"brand"`
		Commercial bool     `json:"commercial"`
		Country    []string `json:"country"`
		Currencies []struct {
			CurrencyCode string      `json:"currencyCode"`
			Amount       int64       `json:"amount"`
			Percentage   json.Number `json:"percentage"`
			MaxAmount    int64       `json:"maxAmount"`
		} `json:"currencies"`
		Sources []string `json:"sources"`
	}
	if !strict(raw, &list) || len(list) > 50 {
		return "a list of objects with brand, commercial, country, currencies and sources"
	}
	for _, s := range list {
		if s.Brand == "" || len(s.Brand) > maxMethod || len(s.Currencies) == 0 {
			return "brand and currencies: both are needed"
		}
		for _, c := range s.Currencies {
			if !currencyForm.MatchString(c.CurrencyCode) || c.Amount < 0 || c.MaxAmount < 0 || c.Percentage != "" && !shareForm.MatchString(string(c.Percentage)) {
				return "currencies: currencyCode of three capital letters, amount and maxAmount from 0, percentage from 0 to 100"
			}
		}
		for _, source := range s.Sources {
			if source != "Credit" && source != "Debit" {
				return "sources: Credit or Debit"
			}
		}
	}
	return ""
}

// certificate is a file of a wifi profile.
type certificate struct {
	Data string `json:"data"`
	Name string `json:"name"`
}

func checkWifi(raw json.RawMessage) string {
	var list []struct {
		AuthType, BSSType, SSID, WSec, PSK, Name, DomainSuffix, EAP, EAPIdentity, EAPPwd, EAPClientPwd string
		Channel                                                                                        int
		DefaultProfile, AutoWifi, HiddenSSID                                                           bool
		EAPCACert, EAPClientCert, EAPClientKey, EAPIntermediateCert                                    *certificate
	}
	if !strict(raw, &list) || len(list) > 20 {
		return "a list of up to 20 profiles with authType, bssType, ssid, wsec and the rest of Adyen's members"
	}
	for _, p := range list {
		switch {
		case p.SSID == "" || len(p.SSID) > 32:
			return "ssid: 1 to 32 bytes"
		case !slices.Contains([]string{"wpa-psk", "wpa2-psk", "wpa-eap", "wpa2-eap"}, p.AuthType):
			return "authType: wpa-psk, wpa2-psk, wpa-eap or wpa2-eap"
		case !slices.Contains([]string{"infra", "adhoc"}, p.BSSType):
			return "bssType: infra or adhoc"
		case !slices.Contains([]string{"auto", "ccmp", "tkip"}, p.WSec):
			return "wsec: auto, ccmp or tkip"
		case !slices.Contains([]string{"", "tls", "peap", "leap", "fast"}, p.EAP):
			return "eap: tls, peap, leap or fast"
		}
	}
	return ""
}

func checkWifiSettings(raw json.RawMessage) string {
	var v struct {
		Band    string `json:"band"`
		Roaming bool   `json:"roaming"`
		Timeout int    `json:"timeout"`
	}
	switch {
	case !strict(raw, &v):
		return "an object with band, roaming and timeout"
	case !slices.Contains([]string{"", "All", "2.4GHz", "5GHz"}, v.Band):
		return "band: All, 2.4GHz or 5GHz"
	case v.Timeout < 0:
		return "timeout: seconds from 0"
	}
	return ""
}
