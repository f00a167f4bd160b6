package charge

import (
	"fmt"
	"strings"

	"kassa/charging"
	"kassa/doctor"
)

// noTariff is R28: a connector has no price for who pays at the terminal.
func noTariff() doctor.Rule {
	return doctor.Rule{
		ID: "R28", Code: "no_tariff", Source: doctor.FromUnattended, About: []doctor.Kind{doctor.Charger}, Needs: []doctor.Need{doctor.NeedCharge}, Rank: doctor.RankNetwork + 2, Who: doctor.Merchant,
		Symptoms: []string{"charger missing on the terminal", "no price"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "A connector has no price to show",
				NL: "Een aansluiting heeft geen prijs om te tonen",
				FR: "Un connecteur n'a aucun prix à afficher",
				IT: "Un connettore non ha un prezzo da mostrare",
				ES: "Un conector no tiene precio que mostrar",
			},
			Shop: doctor.Text{
				EN: "The terminal does not offer {evse}, because nobody has said what it costs there; drivers can use the other chargers.",
				NL: "De terminal biedt {evse} niet aan, omdat niemand heeft gezegd wat het daar kost; bestuurders kunnen de andere laders gebruiken.",
				FR: "Le terminal ne propose pas {evse}, car personne n'a indiqué son prix ; les conducteurs peuvent utiliser les autres bornes.",
				IT: "Il terminale non offre {evse} perché nessuno ha detto quanto costa; i conducenti possono usare le altre colonnine.",
				ES: "El terminal no ofrece {evse} porque nadie ha dicho cuánto cuesta; los conductores pueden usar los otros cargadores.",
			},
			Fix: doctor.Text{
				EN: "Give the connector a tariff of the type AD_HOC_PAYMENT, or one without a type, that is valid now: without a price shown nothing may be sold.",
				NL: "Geef de aansluiting een tarief van het type AD_HOC_PAYMENT, of een zonder type, dat nu geldt: zonder getoonde prijs mag niets worden verkocht.",
				FR: "Attribuez au connecteur un tarif de type AD_HOC_PAYMENT, ou sans type, valable maintenant : sans prix affiché, rien ne peut être vendu.",
				IT: "Assegna al connettore una tariffa di tipo AD_HOC_PAYMENT, o senza tipo, valida ora: senza prezzo mostrato nulla può essere venduto.",
				ES: "Asigne al conector una tarifa de tipo AD_HOC_PAYMENT, o sin tipo, válida ahora: sin precio a la vista nada puede venderse.",
			},
		},
		Runbook: "Of the connector's tariff_ids one must be kept, of the type AD_HOC_PAYMENT, REGULAR or none, and within its dates. A tariff that breaks a rule of OCPI is not kept: see the connection's page.",
		Look: func(c *doctor.Chart) doctor.Sign {
			for _, p := range c.Charge.Points {
				if _, ok := charging.Chosen(p.Tariffs, c.Now); ok {
					continue
				}
				says := label(p) + " connector " + p.Connector.ID + " has no tariff at all"
				if n := len(p.Tariffs); n > 0 {
					says = fmt.Sprintf("none of the %d tariffs of %s connector %s is for who pays at the terminal, and valid now", n, label(p), p.Connector.ID)
				} else if len(p.Connector.TariffIDs) > 0 {
					says = "the tariffs " + strings.Join(p.Connector.TariffIDs, ", ") + " of " + label(p) + " connector " + p.Connector.ID + " have not come"
				}
				return doctor.Found(map[string]string{"evse": label(p)}, doctor.Evidence{At: p.Heard, Source: "operator", Ref: "evse/" + p.EVSE.UID, Says: says})
			}
			return doctor.No("each connector has a tariff that is valid now")
		},
	}
}
