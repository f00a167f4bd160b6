package kassa

import (
	"kassa/doctor"
)

// otherEnvironment is KAS-02: the terminal is one of the other environment, and unknown in this one.
func otherEnvironment() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-02", Code: "terminal_in_other_environment", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Terminal, doctor.Order}, Rank: doctor.RankOrder + 3, Who: doctor.Merchant, Contact: doctor.PointOfSale,
		Symptoms: []string{"terminal unknown", "there is no such terminal"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The terminal belongs to the other environment",
				NL: "De terminal hoort bij de andere omgeving",
				FR: "Le terminal appartient à l'autre environnement",
				IT: "Il terminale appartiene all'altro ambiente",
				ES: "El terminal pertenece al otro entorno",
			},
			Shop: doctor.Text{
				EN: "This terminal is set up for the other environment and not for this one; ask support to move it, payments cannot reach it here.",
				NL: "Deze terminal is ingesteld voor de andere omgeving en niet voor deze; vraag support om hem over te zetten, betalingen bereiken hem hier niet.",
				FR: "Ce terminal est réglé pour l'autre environnement et non pour celui-ci ; demandez à l'assistance de le transférer, les paiements ne l'atteignent pas ici.",
				IT: "Questo terminale è impostato per l'altro ambiente e non per questo; chiedi all'assistenza di spostarlo, qui i pagamenti non lo raggiungono.",
				ES: "Este terminal está configurado para el otro entorno y no para este; pida a soporte que lo cambie, aquí los pagos no le llegan.",
			},
			Fix: doctor.Text{
				EN: "Send orders for it to the other installation, or unbind it there and activate it here with a code of this one.",
				NL: "Stuur bestellingen ervoor naar de andere installatie, of ontkoppel hem daar en activeer hem hier met een code van deze.",
				FR: "Envoyez ses commandes à l'autre installation, ou dissociez-le là-bas et activez-le ici avec un code de celle-ci.",
				IT: "Invia i suoi ordini all'altra installazione, oppure scollegalo lì e attivalo qui con un codice di questa.",
				ES: "Envíe sus pedidos a la otra instalación, o desvincúlelo allí y actívelo aquí con un código de esta.",
			},
			Question: doctor.Text{
				EN: "Is the terminal in the list of the other environment (test instead of live, or live instead of test)?",
				NL: "Staat de terminal in de lijst van de andere omgeving (test in plaats van live, of live in plaats van test)?",
				FR: "Le terminal figure-t-il dans la liste de l'autre environnement (test au lieu de réel, ou l'inverse) ?",
				IT: "Il terminale è nell'elenco dell'altro ambiente (prova invece di reale, o viceversa)?",
				ES: "¿Está el terminal en la lista del otro entorno (pruebas en lugar de real, o al revés)?",
			},
		},
		Developer: "The terminal id is one of the other environment. Ids and keys of the two never mix.",
		Runbook:   "Look the serial up in the other installation. Unbinding wipes the device's settings; a live terminal needs live keys.",
	}
}
