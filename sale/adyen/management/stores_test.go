package management_test

import (
	"fmt"
	"strings"
	"testing"
)

func newStore() map[string]any {
	return map[string]any{
		"merchantId": "BakkerijZon", "description": "City centre store", "shopperStatement": "Bakkerij Zon", "phoneNumber": "+31301234567",
		"reference": "centrum-1", "externalReferenceId": "ext 9",
		"address": map[string]any{
			"country": "NL", "line1": "Oudegracht 1", "line2": "II", "city": "Utrecht", "postalCode": "3511AA", "stateOrProvince": "UT",
		},
	}
}

// asStored is what Adyen's documents show of the store above.
const asStored = `{"id":"%[1]s","reference":"centrum-1","merchantId":"BakkerijZon","description":"City centre store",
	"shopperStatement":"Bakkerij Zon","phoneNumber":"+31301234567","externalReferenceId":"ext 9","status":"active",
	"address":{"country":"NL","line1":"Oudegracht 1","line2":"II","city":"Utrecht","postalCode":"3511AA","stateOrProvince":"UT"},
	"_links":{"self":{"href":"https://kassa.example.com/v3/stores/%[1]s"}}}`

func TestStores(t *testing.T) {
	w := newWorld(t)
	made := w.good(w.admin, "POST", "/v3/stores", newStore())
	id := made.body["id"].(string)
	if !strings.HasPrefix(id, "STT") {
		t.Errorf("the id is %s", id)
	}
	w.restart()
	for _, path := range []string{"/v3/stores/" + id, "/v3/merchants/BakkerijZon/stores/" + id, "/v3/merchants/BakkerijZon/stores/centrum-1"} {
		got := w.good(w.admin, "GET", path, nil)
		got.body = map[string]any{"store": got.body}
		got.is(t, "store", fmt.Sprintf(asStored, id))
	}
	below := newStore()
	delete(below, "merchantId")
	delete(below, "reference")
	second := w.good(w.admin, "POST", "/v3/merchants/BakkerijZon/stores", below)
	second.is(t, "reference", `"`+second.body["id"].(string)+`"`)

	for path, count := range map[string]int{
		"/v3/stores": 4, "/v3/stores?merchantId=BakkerijZon": 4, "/v3/stores?reference=centrum-1": 1, "/v3/merchants/BakkerijZon/stores": 4,
		"/v3/merchants/BakkerijZon/stores?reference=gent": 1,
	} {
		w.good(w.admin, "GET", path, nil).is(t, "itemsTotal", fmt.Sprint(count))
	}
	w.good(w.operator, "GET", "/v3/stores", nil).is(t, "itemsTotal", "5")
}

func TestChangeStore(t *testing.T) {
	w := newWorld(t)
	path := "/v3/stores/" + w.shop
	w.good(w.admin, "PATCH", path, map[string]any{
		"description": "Moved", "phoneNumber": "+31309999999", "address": map[string]any{"line1": "Neude 2"}, "status": "inactive",
	})
	w.restart()
	got := w.good(w.admin, "GET", path, nil)
	got.is(t, "description", `"Moved"`)
	got.is(t, "address", `{"country":"NL","line1":"Neude 2","city":"Utrecht"}`)
	got.is(t, "status", `"inactive"`)
	if term, _ := w.estate.Terminal("0000AAA1"); mayPay(term) {
		t.Error("a terminal of an inactive store may take payments")
	}
	w.good(w.admin, "PATCH", "/v3/merchants/BakkerijZon/stores/utrecht", map[string]any{"status": "closed"})
	w.good(w.admin, "GET", "/v3/terminals?searchQuery="+poiOne, nil).is(t, "data.0.assignment.status", `"inventory"`)
	w.bad(w.admin, "PATCH", path, map[string]any{"status": "active"}, 422, "00_422") // for good
}

func TestBadStores(t *testing.T) {
	w := newWorld(t)
	but := func(field string, value any) map[string]any {
		s := newStore()
		if value == nil {
			delete(s, field)
		} else {
			s[field] = value
		}
		return s
	}
	for _, of := range []struct {
		body   any
		status int
		code   string
	}{
		{but("description", nil), 422, "00_422"},
		{but("shopperStatement", nil), 422, "00_422"},
		{but("phoneNumber", nil), 422, "00_422"},
		{but("address", nil), 422, "00_422"},
		{but("address", map[string]any{"city": "Utrecht"}), 422, "00_422"},
		{but("merchantId", nil), 422, "00_422"},
		{but("shopperStatement", strings.Repeat("a", 23)), 422, "00_422"},
		{but("shopperStatement", "12345"), 422, "00_422"},
		{but("phoneNumber", "030-1234567"), 422, "00_422"},
		{but("reference", "a b"), 422, "00_422"},
		{but("reference", "utrecht"), 422, "00_422"}, // taken
		{but("businessLineIds", []string{"SE1"}), 422, "00_422"},
		{but("splitConfiguration", map[string]any{"a": 1}), 422, "00_422"},
		{but("merchantId", "Slager"), 403, "00_403"},
		{but("merchantId", "Nobody"), 403, "00_403"},
		{but("description", 1), 400, "00_400"},
		{"[]", 400, "00_400"},
		{`{"description":"a","description":"b"}`, 400, "00_400"},
	} {
		w.bad(w.admin, "POST", "/v3/stores", of.body, of.status, of.code)
	}
	all := w.bad(w.admin, "POST", "/v3/merchants/BakkerijZon/stores", map[string]any{}, 422, "00_422")
	all.is(t, "invalidFields", `[{"name":"description","message":"is required"},{"name":"shopperStatement","message":"is required"},
		{"name":"phoneNumber","message":"is required"},{"name":"address","message":"is required"}]`)
	for _, id := range []string{w.otherShop, "ST1"} {
		w.bad(w.admin, "GET", "/v3/stores/"+id, nil, 403, "00_403")
		w.bad(w.admin, "PATCH", "/v3/stores/"+id, map[string]any{"description": "x"}, 403, "00_403")
		w.bad(w.admin, "GET", "/v3/merchants/BakkerijZon/stores/"+id, nil, 403, "00_403")
	}
	w.bad(w.admin, "GET", "/v3/merchants/Slager/stores/utrecht", nil, 403, "00_403")
	for body, status := range map[string]int{`{"reference":"x"}`: 422, `{"merchantId":"Slager"}`: 422, `{"status":"gone"}`: 422, `{"status":1}`: 400} {
		if a := w.do(w.admin, "PATCH", "/v3/stores/"+w.shop, body); a.status != status {
			t.Errorf("PATCH %s: %d %s", body, a.status, a.raw)
		}
	}
	w.bad(w.group, "GET", "/v3/stores/"+w.shop, nil, 403, "00_403")
	w.good(w.admin, "GET", "/v3/stores", nil).is(t, "itemsTotal", "2")
	w.good(w.admin, "GET", "/v3/stores/"+w.shop, nil).is(t, "description", `"Utrecht"`)
}

func TestMerchantsAndCompanies(t *testing.T) {
	w := newWorld(t)
	one := w.good(w.admin, "GET", "/v3/merchants/BakkerijZon", nil)
	one.is(t, "id", `"BakkerijZon"`)
	one.is(t, "name", `"Bakkerij Zon"`)
	one.is(t, "companyId", `"Zon"`)
	one.is(t, "status", `"Active"`)
	one.is(t, "_links.self.href", `"https://kassa.example.com/v3/merchants/BakkerijZon"`)
	for _, of := range []struct{ key, path, ids string }{
		{w.admin, "/v3/merchants", "[BakkerijZon]"}, {w.operator, "/v3/merchants", "[BakkerijZon Slager]"},
		{w.operator, "/v3/companies/Rund/merchants", "[Slager]"}, {w.operator, "/v3/companies", "[Rund Zon]"}, {w.admin, "/v3/companies", "[Zon]"},
	} {
		if got := w.good(of.key, "GET", of.path, nil).ids(t); got != of.ids {
			t.Errorf("%s: %s, want %s", of.path, got, of.ids)
		}
	}
	w.good(w.admin, "GET", "/v3/companies/Zon", nil).is(t, "name", `"Zon"`)
	for _, path := range []string{"/v3/merchants/Slager", "/v3/merchants/Nobody", "/v3/companies/Rund", "/v3/companies/Rund/merchants", "/v3/companies/None"} {
		w.bad(w.admin, "GET", path, nil, 403, "00_403")
	}
	w.bad(w.admin, "GET", "/v3/terminalModels", nil, 404, "00_404")
	a := w.bad(w.admin, "DELETE", "/v3/merchants", nil, 405, "00_405")
	if a.header.Get("Allow") != "GET" {
		t.Errorf("Allow %q", a.header.Get("Allow"))
	}
}
