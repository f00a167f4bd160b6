package multisafepay

import (
	"slices"
	"time"

	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
)

// busyBefore is PAY-03: a second payment waits while the first is on the screen.
func busyBefore() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-03", Code: "busy_previous_payment", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order, doctor.Terminal},
		Needs: []doctor.Need{doctor.NeedRecent}, Rank: doctor.RankOrder + 4, Who: doctor.Shop,
		Action:   doctor.Action{Label: "Open the other payment", Href: "/payments/{other}"},
		Explains: []string{"never_delivered"},
		Symptoms: []string{"second payment not accepted", "order not shown", "terminal is busy"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal still has the payment before",
				NL: "De terminal is nog bezig met de vorige betaling",
				FR: "Le terminal a encore le paiement précédent",
				IT: "Il terminale ha ancora il pagamento precedente",
				ES: "El terminal aún tiene el pago anterior",
			},
			Shop: doctor.Text{
				EN: "Terminal {terminal} was still busy with order {ref}; finish that payment or cancel it, then the next one appears.",
				NL: "Terminal {terminal} was nog bezig met bestelling {ref}; rond die betaling af of annuleer haar, dan verschijnt de volgende.",
				FR: "Le terminal {terminal} traitait encore la commande {ref} ; terminez ce paiement ou annulez-le, le suivant s'affichera.",
				IT: "Il terminale {terminal} era ancora occupato con l'ordine {ref}; concludi quel pagamento o annullalo, poi compare il successivo.",
				ES: "El terminal {terminal} aún estaba ocupado con el pedido {ref}; termine ese pago o cancélelo y aparecerá el siguiente.",
			},
			Fix: doctor.Text{
				EN: "Wait until the payment before is completed or cancelled, or end it with POST /orders/{ref}/cancel. Send one payment at a time to a terminal.",
				NL: "Wacht tot de vorige betaling is voltooid of geannuleerd, of beëindig haar met POST /orders/{ref}/cancel. Stuur één betaling tegelijk naar een terminal.",
				FR: "Attendez que le paiement précédent soit terminé ou annulé, ou arrêtez-le avec POST /orders/{ref}/cancel. Envoyez un seul paiement à la fois à un terminal.",
				IT: "Attendi che il pagamento precedente sia concluso o annullato, oppure chiudilo con POST /orders/{ref}/cancel. Invia un solo pagamento alla volta a un terminale.",
				ES: "Espere a que el pago anterior termine o se cancele, o ciérrelo con POST /orders/{ref}/cancel. Envíe un solo pago a la vez a un terminal.",
			},
		},
		Developer: "The answer to POST /orders carries the warning terminal_busy; order {ref} held the terminal until then.",
		Runbook:   "See who started the order before, and why it stayed open: often a decline that the register took for the end.",
		Look:      lookBusy,
	}
}

func lookBusy(c *doctor.Chart) doctor.Sign {
	o, otherwise := untold(c)
	if o == nil {
		return otherwise
	}
	i := slices.IndexFunc(c.Recent, func(x kassa.Order) bool { return holds(&x, o, waitedUntil(c, o)) })
	if i < 0 {
		return doctor.No("no other payment was on terminal " + o.TID + " when the order was made")
	}
	before := &c.Recent[i]
	until := "and is still open"
	if !before.EndedAt.IsZero() {
		until = "until " + past.Instant(before.EndedAt)
	}
	args := map[string]string{"terminal": o.TID, "ref": before.Ref, "other": before.ID()}
	return doctor.Found(args,
		doctor.Evidence{At: before.ShownAt, Source: "order", Ref: streamOf(before), Says: "order " + before.Ref + " was on the screen of " + o.TID + " since " + past.Instant(before.ShownAt) + " " + until},
		ofOrder(c, o, "made after that, and not shown within "+doctor.Seconds(wait(c, o))+" s", "OrderCreated"))
}

// holds tells whether an order was on the terminal's screen until the end of another's wait. One that no screen showed
// either waits for the same thing, and holds nothing up.
func holds(x, o *kassa.Order, until time.Time) bool {
	if x.TID != o.TID || x.Number == o.Number || x.ShownAt.IsZero() || x.CreatedAt.After(o.CreatedAt) {
		return false
	}
	return x.EndedAt.IsZero() || x.EndedAt.After(o.CreatedAt) && x.EndedAt.After(until.Add(-shownWithin))
}
