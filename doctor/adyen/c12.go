package adyen

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// wasOff is C12: the terminal was switched off at the moment when it was asked, and is on again.
func wasOff() doctor.Rule {
	return doctor.Rule{
		ID: "C12", Code: "terminal_was_off", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedReach, doctor.NeedCalls}, Rank: doctor.RankTerminal + 1, Who: doctor.Shop,
		Symptoms: []string{"Failed to send message to POI", "Terminal is disconnected", "checked remotely"},
		Explains: []string{"send_failed", "never_delivered"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal was off at that moment",
				NL: "De terminal stond op dat moment uit",
				FR: "Le terminal était éteint à ce moment",
				IT: "Il terminale era spento in quel momento",
				ES: "El terminal estaba apagado en ese momento",
			},
			Shop: doctor.Text{
				EN: "{name} was switched off when the payment was sent; it is on again, so start the payment once more.",
				NL: "{name} stond uit toen de betaling werd verstuurd; hij staat weer aan, dus start de betaling opnieuw.",
				FR: "{name} était éteint quand le paiement a été envoyé ; il est rallumé, relancez donc le paiement.",
				IT: "{name} era spento quando il pagamento è stato inviato; ora è acceso, quindi avvia di nuovo il pagamento.",
				ES: "{name} estaba apagado cuando se envió el pago; ya está encendido, así que inicie el pago otra vez.",
			},
			Fix: doctor.Text{
				EN: "Nothing is wrong now. A terminal that is switched off at night is asked in vain.",
				NL: "Er is nu niets mis. Een terminal die 's nachts uit staat, wordt tevergeefs gevraagd.",
				FR: "Rien ne va mal à présent. Un terminal éteint la nuit est interrogé en vain.",
				IT: "Ora non c'è alcun problema. Un terminale spento di notte viene interrogato invano.",
				ES: "Ahora no hay ningún problema. A un terminal apagado por la noche se le pregunta en vano.",
			},
		},
		Developer: "{route} was rejected while the terminal was off. It is connected again; send a new request.",
		Runbook:   "The link ended with shutdown or restart before the call, and came back after it. The setting of the nightly restart may say when.",
		Look: func(c *doctor.Chart) doctor.Sign {
			call, ok := lately(c, "poi_unreachable")
			if !ok {
				return doctor.No("no request failed to reach it")
			}
			for _, g := range past.Gaps(c) {
				off := g.Reason == past.Shutdown || g.Reason == past.Restart
				if off && !g.Until.IsZero() && g.Overlaps(call.At, call.At) {
					args := past.Args(c)
					args["route"] = call.Route
					return doctor.Found(args, said(call), g.Evidence())
				}
			}
			return doctor.No("it was not switched off when the request failed")
		},
	}
}
