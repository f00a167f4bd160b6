package kassa

import (
	"kassa"
	"kassa/doctor"
	"kassa/doctor/past"
)

// terminalBarred is KAS-09: the terminal may take no payments: it is blocked, in the inventory, retired, or its
// shop is not open.
func terminalBarred() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-09", Code: "terminal_barred", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedTerminal}, Rank: doctor.RankTerminal, Who: doctor.Merchant, Action: doctor.Action{Label: "See the terminal", Href: "/terminals/{terminal}"},
		Symptoms: []string{"terminal blocked", "takes no payments", "terminal barred"},
		Explains: []string{"never_delivered", "terminal_offline", "send_failed", "cloud_icon_missing", "router_of_shop"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal may take no payments",
				NL: "De terminal mag geen betalingen aannemen",
				FR: "Le terminal ne peut accepter aucun paiement",
				IT: "Il terminale non può accettare pagamenti",
				ES: "El terminal no puede aceptar pagos",
			},
			Shop: doctor.Text{
				EN: "{name} has been taken out of use by your administrator ({why}); use another terminal and ask them.",
				NL: "{name} is door uw beheerder buiten gebruik gesteld ({why}); gebruik een andere terminal en vraag het de beheerder.",
				FR: "{name} a été mis hors service par votre administrateur ({why}) ; utilisez un autre terminal et adressez-vous à lui.",
				IT: "{name} è stato messo fuori servizio dall'amministratore ({why}); usa un altro terminale e rivolgiti a lui.",
				ES: "{name} fue puesto fuera de servicio por su administrador ({why}); use otro terminal y pregúntele.",
			},
			Fix: doctor.Text{
				EN: "Find out who did it and why; then unblock it, assign it to a group and shop, or open the shop again.",
				NL: "Zoek uit wie het deed en waarom; deblokkeer de terminal dan, wijs hem aan een groep en winkel toe of open de winkel weer.",
				FR: "Cherchez qui l'a fait et pourquoi ; puis débloquez-le, affectez-le à un groupe et un magasin, ou rouvrez le magasin.",
				IT: "Scopri chi l'ha fatto e perché; poi sbloccalo, assegnalo a un gruppo e a un negozio, o riapri il negozio.",
				ES: "Averigüe quién lo hizo y por qué; después desbloquéelo, asígnelo a un grupo y una tienda, o reabra la tienda.",
			},
		},
		Developer: "Orders for the terminal are refused with terminal_barred: {why}.",
		Runbook:   "The entry names the key or the person. A blocked terminal's link is closed too; it comes back by itself once it is unblocked.",
		Look: func(c *doctor.Chart) doctor.Sign {
			may, why := c.Terminal.May()
			switch {
			case may, c.Terminal.Tampered, c.Terminal.Developer && c.Terminal.Blocked == nil:
				return doctor.No("nothing in its record is against payments")
			case past.Order(c) != nil && c.Order.Status == kassa.Completed:
				return doctor.No("the order was paid")
			case past.Order(c) != nil && !c.Order.ShownAt.IsZero():
				return doctor.No("the terminal showed the order")
			}
			if _, until := past.Span(c); c.Terminal.Blocked != nil && c.Terminal.Blocked.At.After(until) {
				return doctor.No("it was blocked after the order had ended")
			}
			args := past.Args(c)
			args["why"] = why
			evidence := []doctor.Evidence{c.Recorded("estate", "terminal/"+c.Terminal.TID, why, "TerminalBlocked", "TerminalMoved", "TerminalRetired", "ShopChanged")}
			if call, ok := lately(c, string(kassa.TerminalBarred)); ok {
				evidence = append(evidence, said(call))
			}
			return doctor.Found(args, evidence...)
		},
	}
}
