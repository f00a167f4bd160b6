package multisafepay

import (
	"slices"

	"kassa"
	"kassa/doctor"
)

// neverDelivered is PAY-01: the order was made, and no screen showed it.
func neverDelivered() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-01", Code: "never_delivered", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order},
		Needs: []doctor.Need{doctor.NeedOrder, doctor.NeedReach}, Rank: doctor.RankOrder + 7, Who: doctor.Shop,
		Action:   doctor.Action{Label: "Open the terminal", Href: "/terminals/{terminal}"},
		Symptoms: []string{"order placed but not shown", "order not shown", "nothing on the terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The order never reached the terminal",
				NL: "De bestelling is nooit op de terminal aangekomen",
				FR: "La commande n'est jamais arrivée au terminal",
				IT: "L'ordine non è mai arrivato al terminale",
				ES: "El pedido nunca llegó al terminal",
			},
			Shop: doctor.Text{
				EN: "Terminal {terminal} did not get this order; check that it is on and online, then start the payment again.",
				NL: "Terminal {terminal} heeft deze bestelling niet ontvangen; kijk of hij aanstaat en verbonden is, en start de betaling opnieuw.",
				FR: "Le terminal {terminal} n'a pas reçu cette commande ; vérifiez qu'il est allumé et connecté, puis relancez le paiement.",
				IT: "Il terminale {terminal} non ha ricevuto questo ordine; controlla che sia acceso e collegato, poi avvia di nuovo il pagamento.",
				ES: "El terminal {terminal} no recibió este pedido; compruebe que está encendido y conectado, e inicie el pago de nuevo.",
			},
			Fix: doctor.Text{
				EN: "Bring the terminal online, and use the key of the group that the terminal belongs to. Then place a new order.",
				NL: "Zorg dat de terminal verbonden is en gebruik de sleutel van de groep van de terminal. Plaats daarna een nieuwe bestelling.",
				FR: "Reconnectez le terminal et utilisez la clé du groupe auquel il appartient. Passez ensuite une nouvelle commande.",
				IT: "Ricollega il terminale e usa la chiave del gruppo a cui appartiene. Poi crea un nuovo ordine.",
				ES: "Vuelva a conectar el terminal y use la clave del grupo al que pertenece. Después haga un pedido nuevo.",
			},
		},
		Developer: "POST /orders is accepted whether or not the terminal is there; its answer carries the warning terminal_offline. terminal_id must be one of the group whose key is used.",
		Runbook:   "Compare the order's time with LinkUp and LinkDown of the device, and the order's group with the terminal's. When the link was up, look for a connection that is open but dead.",
		Look:      lookNeverDelivered,
	}
}

func lookNeverDelivered(c *doctor.Chart) doctor.Sign {
	o := c.Order
	if !neverShown(o) {
		return doctor.No("a screen showed the order, or it is for no terminal yet")
	}
	args := map[string]string{"terminal": o.TID}
	made := ofOrder(c, o, "made for terminal "+o.TID+" and not shown within "+doctor.Seconds(wait(c, o))+" s", "OrderCreated")
	if c.Terminal != nil && c.Terminal.TID == o.TID && c.Terminal.Group != o.Scope {
		return doctor.Found(args, made, c.Recorded("estate", o.TID, "the order is of group "+o.Scope+", the terminal belongs to group "+c.Terminal.Group, "TerminalMoved"))
	}
	last, up, known := linkAt(c, o.POIID, o.CreatedAt)
	switch {
	case o.POIID == "":
		return doctor.Found(args, made, doctor.Evidence{Source: "estate", Ref: o.TID, Says: "no device was activated as this terminal when the order was made"})
	case !known:
		return doctor.NotKnown(doctor.NeedReach, "whether the terminal was connected when the order was made")
	case !up:
		return doctor.Found(args, made, last)
	case wait(c, o) < shownWithin:
		return doctor.No("the order has waited for " + doctor.Seconds(wait(c, o)) + " s only")
	}
	return neverAnswered(c, o, args, made)
}

// neverAnswered is about an order for a terminal that was connected when it was made: the link may have broken since,
// or be open and dead. What waits its turn on the terminal is another cause's.
func neverAnswered(c *doctor.Chart, o *kassa.Order, args map[string]string, made doctor.Evidence) doctor.Sign {
	last, up, _ := linkAt(c, o.POIID, waitedUntil(c, o))
	switch {
	case !up:
		return doctor.Found(args, made, last)
	case o.End == kassa.CancelledBySale, o.End == kassa.POIUnable:
		return doctor.No("the order was ended while the terminal was connected")
	case o.Status == kassa.Waiting || deferred(c, o):
		return doctor.No("the terminal was connected, and the order waited its turn on it")
	}
	if said, ok := saidAt(c, o.POIID, waitedUntil(c, o)); ok && !said.CloudMode {
		return doctor.No("the terminal was connected and showed only what is started on it")
	}
	return doctor.Likely(args, made, last)
}

// deferred tells whether the order was still waiting its turn at its end: it was never given to the terminal.
func deferred(c *doctor.Chart, o *kassa.Order) bool {
	for _, e := range slices.Backward(c.Entries) {
		if e.Stream != streamOf(o) {
			continue
		}
		switch e.Kind {
		case "OrderOffered":
			return false
		case "OrderDeferred":
			return true
		case "OrderCreated":
			made, ok := doctor.Read[kassa.OrderCreated](e)
			return ok && !made.Offered
		}
	}
	return o.Status == kassa.Waiting
}
