package management

import (
	"net/http"
	"slices"
	"strings"

	"kassa/estate"
)

type storeAddress struct {
	Country    string `json:"country"`
	Line1      string `json:"line1,omitempty"`
	Line2      string `json:"line2,omitempty"`
	Line3      string `json:"line3,omitempty"`
	City       string `json:"city,omitempty"`
	PostalCode string `json:"postalCode,omitempty"`
	State      string `json:"stateOrProvince,omitempty"`
}

type storeObject struct {
	ID                string          `json:"id"`
	Reference         string          `json:"reference"`
	MerchantID        string          `json:"merchantId"`
	Description       string          `json:"description"`
	ShopperStatement  string          `json:"shopperStatement"`
	PhoneNumber       string          `json:"phoneNumber"`
	Address           storeAddress    `json:"address"`
	ExternalReference string          `json:"externalReferenceId,omitempty"`
	Status            string          `json:"status"`
	Links             map[string]link `json:"_links"`
}

func (h *Handler) storeObject(c *call, s estate.Shop) storeObject {
	a, _ := h.Estate.Account(s.Account)
	return storeObject{
		ID: s.ID, Reference: s.Reference, MerchantID: a.Merchant, Description: s.Description, ShopperStatement: s.ShopperStatement,
		PhoneNumber: s.Phone, Address: storeAddress(s.Address), ExternalReference: s.ExternalReference, Status: string(s.Status),
		Links: map[string]link{"self": h.at(c, "stores", s.ID)},
	}
}

func (h *Handler) listStores(_ http.ResponseWriter, c *call) (reply, *fault) {
	q, no := c.query("merchantId", "reference")
	if no != nil {
		return reply{}, no
	}
	accounts := h.accounts(c)
	code := c.values["merchantId"]
	if code == "" {
		code = q.Get("merchantId")
	}
	if code != "" {
		a, no := h.merchant(c, code)
		if no != nil {
			return reply{}, no
		}
		accounts = []estate.Account{a}
	}
	var list []storeObject
	for _, a := range accounts {
		for _, s := range h.Estate.ShopsOf(a.ID) {
			if ref := q.Get("reference"); ref == "" || ref == s.Reference {
				list = append(list, h.storeObject(c, s))
			}
		}
	}
	slices.SortFunc(list, func(a, b storeObject) int { return strings.Compare(a.ID, b.ID) })
	p, no := paged(h, c, usualStores, list)
	if no != nil {
		return reply{}, no
	}
	return ok(p)
}

// storeAsked is what a request says of a store. A nil field is not there.
type storeAsked struct {
	MerchantID        *string `json:"merchantId"`
	Reference         *string `json:"reference"`
	Description       *string `json:"description"`
	ShopperStatement  *string `json:"shopperStatement"`
	PhoneNumber       *string `json:"phoneNumber"`
	ExternalReference *string `json:"externalReferenceId"`
	Status            *string `json:"status"`
	Address           *struct {
		Country    *string `json:"country"`
		Line1      *string `json:"line1"`
		Line2      *string `json:"line2"`
		Line3      *string `json:"line3"`
		City       *string `json:"city"`
		PostalCode *string `json:"postalCode"`
		State      *string `json:"stateOrProvince"`
	} `json:"address"`
	// What Kassa has no place for.
	BusinessLineIDs    []string       `json:"businessLineIds"`
	SplitConfiguration map[string]any `json:"splitConfiguration"`
	SubMerchant        map[string]any `json:"subMerchantData"`
}

// notKept refuses what would be dropped in silence.
func (in *storeAsked) notKept() *fault {
	var fields []invalidField
	for name, there := range map[string]bool{
		"businessLineIds": len(in.BusinessLineIDs) > 0, "splitConfiguration": in.SplitConfiguration != nil, "subMerchantData": in.SubMerchant != nil,
	} {
		if there {
			fields = append(fields, invalidField{Name: name, Message: "is not kept by Kassa"})
		}
	}
	if len(fields) == 0 {
		return nil
	}
	slices.SortFunc(fields, func(a, b invalidField) int { return strings.Compare(a.Name, b.Name) })
	return invalid(fields...)
}

// put writes what the request says into a shop.
func (in *storeAsked) put(s *estate.Shop) {
	set(&s.Description, in.Description)
	set(&s.ShopperStatement, in.ShopperStatement)
	set(&s.Phone, in.PhoneNumber)
	set(&s.ExternalReference, in.ExternalReference)
	if in.Status != nil {
		s.Status = estate.ShopStatus(*in.Status)
	}
	if a := in.Address; a != nil {
		set(&s.Address.Country, a.Country)
		set(&s.Address.Line1, a.Line1)
		set(&s.Address.Line2, a.Line2)
		set(&s.Address.Line3, a.Line3)
		set(&s.Address.City, a.City)
		set(&s.Address.PostalCode, a.PostalCode)
		set(&s.Address.State, a.State)
	}
}

// missing names the required fields that are not there.
func (in *storeAsked) missing(needMerchant bool) []invalidField {
	var fields []invalidField
	need := func(name string, is *string) {
		if is == nil || *is == "" {
			fields = append(fields, invalidField{Name: name, Message: "is required"})
		}
	}
	if needMerchant {
		need("merchantId", in.MerchantID)
	}
	need("description", in.Description)
	need("shopperStatement", in.ShopperStatement)
	need("phoneNumber", in.PhoneNumber)
	if in.Address == nil {
		need("address", nil)
	} else {
		need("address.country", in.Address.Country)
	}
	return fields
}

func (h *Handler) makeStore(w http.ResponseWriter, c *call) (reply, *fault) {
	code, named := c.values["merchantId"]
	if named {
		if _, no := h.merchant(c, code); no != nil {
			return reply{}, no
		}
	}
	var in storeAsked
	if no := c.body(w, &in); no != nil {
		return reply{}, no
	}
	if fields := in.missing(!named); len(fields) > 0 {
		return reply{}, invalid(fields...)
	}
	if !named {
		code = *in.MerchantID
	}
	a, no := h.merchant(c, code)
	if no != nil {
		return reply{}, no
	}
	if no := in.notKept(); no != nil {
		return reply{}, no
	}
	s := estate.Shop{Account: a.ID}
	in.Status = nil // a store begins active
	in.put(&s)
	if in.Reference != nil {
		s.Reference = *in.Reference
	}
	s, err := h.Estate.MakeShop(h.Now(), s)
	if err != nil {
		return reply{}, estateFault(err)
	}
	return ok(h.storeObject(c, s))
}

// storeNamed finds the store of a path: by its id, or below a merchant by its id or its reference.
func (h *Handler) storeNamed(c *call) (estate.Shop, *fault) {
	account := ""
	if code, below := c.values["merchantId"]; below {
		a, no := h.merchant(c, code)
		if no != nil {
			return estate.Shop{}, no
		}
		account = a.ID
	}
	id := c.values["storeId"]
	if id == "" {
		id = c.values["reference"]
	}
	return h.store(c, account, id)
}

func (h *Handler) showStore(_ http.ResponseWriter, c *call) (reply, *fault) {
	s, no := h.storeNamed(c)
	if no != nil {
		return reply{}, no
	}
	return ok(h.storeObject(c, s))
}

func (h *Handler) changeStore(w http.ResponseWriter, c *call) (reply, *fault) {
	s, no := h.storeNamed(c)
	if no != nil {
		return reply{}, no
	}
	var in storeAsked
	if no := c.body(w, &in); no != nil {
		return reply{}, no
	}
	if no := in.notKept(); no != nil {
		return reply{}, no
	}
	if in.Reference != nil && *in.Reference != s.Reference {
		return reply{}, invalid(invalidField{Name: "reference", Value: *in.Reference, Message: "cannot be changed"})
	}
	if a, _ := h.Estate.Account(s.Account); in.MerchantID != nil && *in.MerchantID != a.Merchant {
		return reply{}, invalid(invalidField{Name: "merchantId", Value: *in.MerchantID, Message: "cannot be changed"})
	}
	s, err := h.Estate.ChangeShop(h.Now(), s.ID, func(s *estate.Shop) { in.put(s) })
	if err != nil {
		return reply{}, estateFault(err)
	}
	return ok(h.storeObject(c, s))
}
