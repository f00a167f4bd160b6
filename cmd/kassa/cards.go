package main

import (
	"errors"

	"kassa"
	"kassa/card"
	"kassa/hsm"
	"kassa/sale/multisafepay"
)

// cardPorts lets the secure module seal the cards that customers type in. The card is in clear only from
// the request to here.
type cardPorts struct {
	m    *hsm.Module
	live bool
}

func (p cardPorts) Seal(order string, in multisafepay.EnteredCard) (kassa.CardFacts, []byte, error) {
	pan, err := card.ParsePAN(in.Number)
	if err != nil {
		return kassa.CardFacts{}, nil, multisafepay.ErrCard
	}
	if p.live && isTestCard(pan.BIN()) {
		return kassa.CardFacts{}, nil, multisafepay.ErrTestCard
	}
	sealed, err := p.m.SealEntered([]byte(order), hsm.EnteredCard{PAN: pan, Expiry: in.Expiry, Code: in.Code})
	if errors.Is(err, hsm.ErrEntered) {
		err = multisafepay.ErrCard
	}
	if err != nil {
		return kassa.CardFacts{}, nil, err
	}
	return kassa.CardFacts{
		BIN: pan.BIN(), Last4: pan.Last4(), Brand: string(card.BrandOf(pan)), Expiry: in.Expiry, CVM: kassa.CVMNone,
	}, sealed, nil
}

func (p cardPorts) Keep(name string, in multisafepay.EnteredCard) ([]byte, error) {
	return p.m.SealSecret(name, []byte(in.Number))
}

func (p cardPorts) SealKept(order, name string, kept []byte, expiry string) ([]byte, error) {
	number, err := p.m.OpenSecret(name, kept)
	if err != nil {
		return nil, err
	}
	pan, err := card.ParsePAN(string(number))
	if err != nil {
		return nil, err
	}
	return p.m.SealEntered([]byte(order), hsm.EnteredCard{PAN: pan, Expiry: expiry})
}
