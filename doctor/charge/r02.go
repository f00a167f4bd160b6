package charge

import (
	"kassa"
	"kassa/doctor"
)

// shortOfHold is R2: the session cost more than was held, and without over-commit only what was held could be taken.
func shortOfHold() doctor.Rule {
	return doctor.Rule{
		ID: "R2", Code: "charge_above_hold", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Order}, Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankOrder, Who: doctor.Merchant, Contact: doctor.GeneralSupport,
		Symptoms: []string{"money short", "captured less than the price", "PARTIAL_SUCCESS"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The session cost more than was held",
				NL: "De laadsessie kostte meer dan er gereserveerd was",
				FR: "La session a coûté plus que la somme réservée",
				IT: "La sessione è costata più dell'importo bloccato",
				ES: "La sesión costó más de lo retenido",
			},
			Shop: doctor.Text{
				EN: "The session cost {price} and {held} was held, so {open} is still open; the driver's card was charged {taken} and no more.",
				NL: "De sessie kostte {price} en er was {held} gereserveerd, dus {open} staat nog open; de kaart is met {taken} belast en niet meer.",
				FR: "La session a coûté {price} et {held} était réservé : il reste {open} à payer ; la carte a été débitée de {taken}, pas plus.",
				IT: "La sessione è costata {price} e ne erano bloccati {held}: restano aperti {open}; alla carta sono stati addebitati {taken} e non di più.",
				ES: "La sesión costó {price} y se retuvieron {held}: quedan abiertos {open}; a la tarjeta se cargaron {taken} y nada más.",
			},
			Fix: doctor.Text{
				EN: "Hold the highest amount that a contactless tap may have in this country, or switch over-commit on. The {open} can be collected or written off.",
				NL: "Reserveer het hoogste bedrag dat in dit land contactloos mag, of zet over-commit aan. De {open} kan worden geïnd of afgeboekt.",
				FR: "Réservez le montant sans contact le plus élevé permis dans ce pays, ou activez le dépassement. Les {open} peuvent être recouvrés ou passés en perte.",
				IT: "Blocca l'importo contactless più alto ammesso in questo paese, o attiva il superamento. I {open} possono essere riscossi o stralciati.",
				ES: "Retenga el importe sin contacto más alto permitido en este país, o active el exceso. Los {open} pueden cobrarse o darse por perdidos.",
			},
		},
		Developer: "The confirmation (FAC) says PARTIAL_SUCCESS with {taken}; the invoice still says {price}.",
		Runbook:   "Over-commit is off, so the host was asked for the price without the flag and refused it; then what was held was taken. Nothing technical is wrong. See how often it happens at this charger (R4).",
		Look: func(c *doctor.Chart) doctor.Sign {
			t, held, no := settled(c)
			switch {
			case t == nil:
				return doctor.No(no)
			case t.Price.Minor <= held:
				return doctor.No("the session did not cost more than was held")
			case c.Order.Terms.OverCommit:
				return doctor.No("over-commit was on")
			case t.Captured != held:
				return doctor.No("it was not just what was held that was taken")
			}
			args := sums(c, t, held)
			return doctor.Found(args, recorded(c, "the session cost "+args["price"]+", "+args["held"]+" was held, and "+args["taken"]+" was taken", "SettlementDone"))
		},
	}
}

// over is the newest capture of an order above what was held; nil when there was none.
func over(o *kassa.Order) *kassa.Capture {
	for i := len(o.Captures) - 1; i >= 0; i-- {
		if o.Captures[i].Over {
			return &o.Captures[i]
		}
	}
	return nil
}
