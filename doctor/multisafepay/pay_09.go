package multisafepay

import (
	"kassa"
	"kassa/doctor"
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
				EN: "Take {brand} out of the setting cloud.disabledMethods, which is set at the level {level}.",
				NL: "Haal {brand} uit de instelling cloud.disabledMethods, die is gezet op het niveau {level}.",
				FR: "Retirez {brand} du réglage cloud.disabledMethods, défini au niveau {level}.",
				IT: "Togli {brand} dall'impostazione cloud.disabledMethods, definita al livello {level}.",
				ES: "Quite {brand} del ajuste cloud.disabledMethods, definido en el nivel {level}.",
			},
		},
		Developer: "The authorisation never left Kassa: reason method_disabled. No other request changes that.",
		Runbook:   "See who set cloud.disabledMethods, and at which level; the audit trail has the key.",
		Look: func(c *doctor.Chart) doctor.Sign {
			a := refusal(c)
			if a == nil || a.Reason != kassa.MethodDisabled {
				return doctor.No("no card was refused because its method is switched off")
			}
			setting, level := c.Settings["cloud.disabledMethods"], "terminal"
			evidence := []doctor.Evidence{answered(c, a)}
			if len(setting.Value) > 0 {
				if setting.Origin != "" {
					level = setting.Origin
				}
				evidence = append(evidence, c.Recorded("settings", "cloud.disabledMethods", "cloud.disabledMethods is "+string(setting.Value)+", set at the level "+level, "SettingsChanged"))
			}
			return doctor.Found(map[string]string{"brand": a.Card.Brand, "level": level, "terminal": c.Order.TID}, evidence...)
		},
	}
}
