package multisafepay

import (
	"slices"

	"kassa"
	"kassa/doctor"
	"kassa/estate"
)

// methodDisabled is PAY-09: a payment method is switched off for this terminal.
func methodDisabled() doctor.Rule {
	return doctor.Rule{
		ID: "PAY-09", Code: "method_disabled", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Order},
		Needs: []doctor.Need{doctor.NeedOrder}, Rank: doctor.RankCard, Who: doctor.Merchant,
		Action:   doctor.Action{Label: "Open the settings", Href: "/terminals/{terminal}#settings"},
		Explains: []string{"expired_no_card", "stopped_at_terminal", "card_not_supported", "card_declined_1000", "config_error"},
		Symptoms: []string{"all cards of a type declined", "Card not supported"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "{brand} is switched off for this terminal",
				NL: "{brand} staat uit voor deze terminal",
				FR: "{brand} est désactivé pour ce terminal",
				IT: "{brand} è disattivato per questo terminale",
				ES: "{brand} está desactivado en este terminal",
			},
			Shop: doctor.Text{
				EN: "Cards of {brand} are switched off here; ask for another card, and tell your manager if they should be taken.",
				NL: "Kaarten van {brand} staan hier uit; vraag om een andere kaart en meld het de bedrijfsleider als ze wel geaccepteerd moeten worden.",
				FR: "Les cartes {brand} sont désactivées ici ; demandez une autre carte et prévenez le responsable si elles doivent être acceptées.",
				IT: "Le carte {brand} qui sono disattivate; chiedi un'altra carta e avvisa il responsabile se vanno accettate.",
				ES: "Las tarjetas {brand} están desactivadas aquí; pida otra tarjeta y avise al encargado si deben aceptarse.",
			},
			Fix: doctor.Text{
				EN: "Take {brand} out of the setting cloud.disabledMethods, at the account, group, shop or terminal where it is set.",
				NL: "Haal {brand} uit de instelling cloud.disabledMethods, bij het account, de groep, de winkel of de terminal waar ze is gezet.",
				FR: "Retirez {brand} du réglage cloud.disabledMethods, là où il est défini : compte, groupe, magasin ou terminal.",
				IT: "Togli {brand} dall'impostazione cloud.disabledMethods, dove è definita: account, gruppo, negozio o terminale.",
				ES: "Quite {brand} del ajuste cloud.disabledMethods, en la cuenta, el grupo, la tienda o el terminal donde esté definido.",
			},
		},
		Developer: "The authorisation never left Kassa: reason method_disabled. No other request changes that.",
		Runbook:   "See who set cloud.disabledMethods, and at which level; the audit trail has the key.",
		Look: func(c *doctor.Chart) doctor.Sign {
			a := refusal(c)
			if a == nil || a.Reason != kassa.MethodDisabled {
				return doctor.No("no card was refused because its method is switched off")
			}
			evidence := []doctor.Evidence{answered(c, a)}
			if s := c.Settings[disabledMethods]; len(s.Value) > 0 {
				evidence = append(evidence, setTo(c, disabledMethods, s))
			}
			return doctor.Found(map[string]string{"brand": a.Card.Brand, "terminal": c.Order.TID}, evidence...)
		},
	}
}

// disabledMethods is the setting with the brands that are switched off.
const disabledMethods = "cloud.disabledMethods"

// setTo makes evidence of a setting: of the fact that changed it last, where that is known.
func setTo(c *doctor.Chart, name string, s doctor.Setting) doctor.Evidence {
	says := name + " is " + string(s.Value)
	if s.Origin != "" {
		says += ", set at the level " + s.Origin
	}
	for _, e := range slices.Backward(c.Of("SettingsChanged")) {
		if changed, ok := doctor.Read[estate.SettingsChanged](e); ok && changed.Set[name] != nil {
			return doctor.Entry(e, "settings", says)
		}
	}
	return doctor.Evidence{Source: "settings", Ref: name, Says: says}
}
