package kassa

import (
	"kassa/doctor"
)

// otherEnvironment is KAS-02: the terminal is one of the other environment, and unknown in this one.
func otherEnvironment() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-02", Code: "terminal_in_other_environment", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Needs: []doctor.Need{doctor.NeedTerminal}, Rank: doctor.RankOrder + 3, Who: doctor.Merchant, Contact: doctor.PointOfSale,
		Symptoms: []string{"terminal unknown", "there is no such terminal"},
		Explains: []string{"never_delivered", "terminal_unknown", "not_onboarded"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal belongs to the other environment",
				NL: "De terminal hoort bij de andere omgeving",
				FR: "Le terminal appartient à l'autre environnement",
				IT: "Il terminale appartiene all'altro ambiente",
				ES: "El terminal pertenece al otro entorno",
			},
			Shop: doctor.Text{
				EN: "This terminal is set up for {other} and not for {here}; ask support to move it, payments cannot reach it here.",
				NL: "Deze terminal is ingesteld voor {other} en niet voor {here}; vraag support om hem over te zetten, betalingen bereiken hem hier niet.",
				FR: "Ce terminal est réglé pour {other} et non pour {here} ; demandez à l'assistance de le transférer, les paiements ne l'atteignent pas ici.",
				IT: "Questo terminale è impostato per {other} e non per {here}; chiedi all'assistenza di spostarlo, qui i pagamenti non lo raggiungono.",
				ES: "Este terminal está configurado para {other} y no para {here}; pida a soporte que lo cambie, aquí los pagos no le llegan.",
			},
			Fix: doctor.Text{
				EN: "Send orders for it to the {other} installation, or unbind it there and activate it here with a code of this one.",
				NL: "Stuur bestellingen ervoor naar de installatie {other}, of ontkoppel hem daar en activeer hem hier met een code van deze.",
				FR: "Envoyez ses commandes à l'installation {other}, ou dissociez-le là-bas et activez-le ici avec un code de celle-ci.",
				IT: "Invia i suoi ordini all'installazione {other}, oppure scollegalo lì e attivalo qui con un codice di questa.",
				ES: "Envíe sus pedidos a la instalación {other}, o desvincúlelo allí y actívelo aquí con un código de esta.",
			},
		},
		Developer: "The terminal id is one of the {other} environment; this is {here}. Ids and keys of the two never mix.",
		Runbook:   "Look the serial up in the other installation. Unbinding wipes the device's settings; a live terminal needs live keys.",
		Look: func(c *doctor.Chart) doctor.Sign {
			t := c.Terminal
			if string(t.Environment) == c.Environment || t.Environment == "" {
				return doctor.No("the terminal and this installation are both " + c.Environment)
			}
			args := map[string]string{"here": c.Environment, "other": string(t.Environment)}
			return doctor.Found(args, doctor.Evidence{Source: "estate", Ref: "terminal/" + t.TID, Says: "the terminal's record is of " + args["other"]},
				doctor.Evidence{Source: "environment", Says: "this installation is " + c.Environment})
		},
	}
}
