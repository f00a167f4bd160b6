package charge

import (
	"kassa/charging"
	"kassa/doctor"
)

// tariffUnpriceable is R29: a tariff has parts that cannot be priced here, or one terminal would need two prices at once.
func tariffUnpriceable() doctor.Rule {
	return doctor.Rule{
		ID: "R29", Code: "tariff_unpriceable", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedCharge}, Rank: doctor.RankNetwork + 4, Who: doctor.Merchant,
		Symptoms: []string{"price not shown while charging", "two prices"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "A tariff has parts that the terminal cannot price",
				NL: "Een tarief heeft delen die de terminal niet kan prijzen",
				FR: "Un tarif comporte des éléments que le terminal ne sait pas calculer",
				IT: "Una tariffa ha parti che il terminale non sa calcolare",
				ES: "Una tarifa tiene partes que el terminal no puede calcular",
			},
			Shop: doctor.Text{
				EN: "At {evse} the terminal cannot show what the session costs so far, because of its tariff; the price comes when the session is over.",
				NL: "Bij {evse} kan de terminal door het tarief niet tonen wat de sessie tot nu toe kost; de prijs komt als de sessie voorbij is.",
				FR: "À {evse}, le terminal ne peut pas afficher le coût en cours à cause du tarif ; le prix vient à la fin de la session.",
				IT: "Su {evse} il terminale non può mostrare il costo in corso a causa della tariffa; il prezzo arriva a fine sessione.",
				ES: "En {evse} el terminal no puede mostrar lo que va costando por la tarifa; el precio llega al final de la sesión.",
			},
			Fix: doctor.Text{
				EN: "Use energy, time and flat prices without restrictions and with one VAT rate, and the same tariff for the AC and DC points of one terminal.",
				NL: "Gebruik prijzen per energie, tijd en keer, zonder beperkingen en met één btw-tarief, en hetzelfde tarief voor de AC- en DC-punten van één terminal.",
				FR: "Utilisez des prix à l'énergie, au temps et forfaitaires, sans restriction et avec un seul taux de TVA, et le même tarif pour les points AC et DC d'un terminal.",
				IT: "Usa prezzi a energia, tempo e fissi, senza restrizioni e con una sola aliquota IVA, e la stessa tariffa per i punti AC e DC di un terminale.",
				ES: "Use precios por energía, tiempo y fijos, sin restricciones y con un solo IVA, y la misma tarifa para los puntos AC y DC de un terminal.",
			},
		},
		Runbook: "Restrictions (times, power, kWh), parking time and several VAT rates are priced by the operator only: sessions there have a running cost only where the operator pushes total_cost, and stop at the hold less surely.",
		Look: func(c *doctor.Chart) doctor.Sign {
			first, kind := map[bool]string{}, map[bool]doctor.Point{}
			for _, p := range c.Charge.Points {
				t, ok := charging.Chosen(p.Tariffs, c.Now)
				if !ok {
					continue
				}
				at := doctor.Evidence{At: p.Heard, Source: "operator", Ref: "tariff/" + t.ID}
				if _, priceable := charging.RatesOf(t); !priceable {
					at.Says = "the tariff " + t.ID + " of " + label(p) + " has restrictions, parking time or several VAT rates"
					return doctor.Found(map[string]string{"evse": label(p)}, at)
				}
				dc := p.Connector.PowerType == "DC"
				first[dc], kind[dc] = t.ID, p
				if other, both := first[!dc]; both && other != t.ID {
					at.Says = "the tariff " + t.ID + " of " + label(p) + " (" + p.Connector.PowerType + ") is another than " + other + " of " + label(kind[!dc]) + " (" + kind[!dc].Connector.PowerType + ")"
					return doctor.Likely(map[string]string{"evse": label(p)}, at)
				}
			}
			return doctor.No("each tariff in use can be priced here")
		},
	}
}
