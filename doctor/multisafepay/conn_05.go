package multisafepay

import (
	"kassa/doctor"
	"kassa/doctor/past"
)

// smartpadPowerCable is CONN-05: a Smartpad lives by its cable, and is dead without it.
func smartpadPowerCable() doctor.Rule {
	return doctor.Rule{
		ID: "CONN-05", Code: "smartpad_power_cable", Source: doctor.FromMultiSafepay, About: []doctor.Kind{doctor.Terminal, doctor.Order},
		Needs: []doctor.Need{doctor.NeedReach, doctor.NeedFleet}, Rank: doctor.RankTerminal + 2, Who: doctor.Shop, Contact: doctor.GeneralSupport,
		Symptoms: []string{"dark screen", "does not switch on", "no power", "disconnected"},
		Explains: append(offlineCodes(), "terminal_powered_off"),
		Action:   doctor.Action{Label: "Test the connection", Href: "/terminals/{terminal}"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The Smartpad's cable is loose or unplugged", NL: "De kabel van de Smartpad zit los of is niet aangesloten",
				FR: "Le câble du Smartpad est débranché ou mal branché", IT: "Il cavo dello Smartpad è allentato o scollegato",
				ES: "El cable del Smartpad está suelto o desenchufado",
			},
			Shop: doctor.Text{
				EN: "{name} gets its power and its network by one cable: plug the cable in at both ends and wait until the start screen is gone.",
				NL: "{name} krijgt stroom en netwerk via één kabel: steek de kabel aan beide kanten goed in en wacht tot het startscherm weg is.",
				FR: "{name} reçoit le courant et le réseau par un seul câble : branchez-le aux deux extrémités et attendez la fin de l'écran de démarrage.",
				IT: "{name} riceve corrente e rete da un solo cavo: inserisci il cavo alle due estremità e attendi che la schermata di avvio scompaia.",
				ES: "{name} recibe corriente y red por un solo cable: enchufe el cable por los dos extremos y espere a que desaparezca la pantalla de inicio.",
			},
			Fix: doctor.Text{
				EN: "Fasten the cable so that nobody pulls it out; replace it when the terminal goes dark as the cable is moved.",
				NL: "Zet de kabel vast zodat niemand hem eruit trekt; vervang hem als de terminal uitvalt wanneer de kabel beweegt.",
				FR: "Fixez le câble pour que personne ne l'arrache ; remplacez-le si le terminal s'éteint quand on le bouge.",
				IT: "Fissa il cavo in modo che nessuno lo strappi; sostituiscilo se il terminale si spegne quando lo muovi.",
				ES: "Sujete el cable para que nadie lo arranque; sustitúyalo si el terminal se apaga al moverlo.",
			},
		},
		Runbook: "A Smartpad on its cable that goes silent has lost both at once. When it is back it tells when it started: a start within the gap proves that it was without power.",
		Look: func(c *doctor.Chart) doctor.Sign {
			if loose := loosened(c); len(loose) > 0 {
				return doctor.Found(about(c), loose...)
			}
			g, t, no := smartpadGone(c)
			if no.Because != "" {
				return no
			}
			evidence := []doctor.Evidence{smartpadModel(c), g.Evidence()}
			if b := bootedAfter(c, g); b != nil {
				return doctor.Found(about(c), append(evidence, past.Reported(*b, "it started anew at "+past.Instant(b.Booted)+", within the gap"))...)
			}
			switch {
			case failedAfter(c, g) != nil:
				return doctor.No("it had power in the gap, and tried to connect")
			case t.Network != "ethernet":
				return doctor.NotKnown(doctor.NeedTelemetry, "it was not on the network cable before; whether it has power it tells when it is back")
			}
			return doctor.Likely(about(c), append(evidence, past.Reported(t, "its network before was the cable that gives it its power"))...)
		},
	}
}

// leastLoosened is how often within an hour a Smartpad must lose its power before its cable counts as loose, though it
// is back.
const leastLoosened = 2

// loosened is the evidence of a Smartpad that was without power again and again; empty when it was not.
func loosened(c *doctor.Chart) []doctor.Evidence {
	if !smartpad(c) || past.Order(c) != nil {
		return nil
	}
	list := powerless(c, losses(c, c.Now.Add(-past.Recently), c.Now))
	if len(list) < leastLoosened {
		return nil
	}
	evidence := []doctor.Evidence{smartpadModel(c)}
	for _, g := range list[max(0, len(list)-3):] {
		b := bootedAfter(c, g)
		evidence = append(evidence, g.Evidence(), past.Reported(*b, "it started anew at "+past.Instant(b.Booted)+", within the gap"))
	}
	return evidence
}
