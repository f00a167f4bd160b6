package kassa

import (
	"kassa/doctor"
)

// keyOfOther is KAS-03: a test key is used in live, or a live key in test.
func keyOfOther() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-03", Code: "key_of_other_environment", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Key}, Needs: []doctor.Need{doctor.NeedKey}, Rank: doctor.RankOrder, Who: doctor.Developer,
		Symptoms: []string{"invalid API key", "unauthorised", "1032", "other environment"},
		Explains: []string{"wrong_api_key", "no_permission_devices_menu"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The API key is one of the other environment",
				NL: "De API-sleutel hoort bij de andere omgeving",
				FR: "La clé API appartient à l'autre environnement",
				IT: "La chiave API appartiene all'altro ambiente",
				ES: "La clave de API pertenece al otro entorno",
			},
			Shop: doctor.Text{
				EN: "The cash register uses a key of the wrong environment; its supplier has to change it, the terminal is fine.",
				NL: "De kassa gebruikt een sleutel van de verkeerde omgeving; de leverancier moet die wijzigen, de terminal is in orde.",
				FR: "La caisse utilise une clé du mauvais environnement ; son fournisseur doit la changer, le terminal est en ordre.",
				IT: "La cassa usa una chiave dell'ambiente sbagliato; il fornitore deve cambiarla, il terminale è a posto.",
				ES: "La caja usa una clave del entorno equivocado; su proveedor debe cambiarla, el terminal está bien.",
			},
			Fix: doctor.Text{
				EN: "Put the {here} key of the terminal's group into the cash register, or send the call to the other installation.",
				NL: "Zet de sleutel voor {here} van de terminalgroep in de kassa, of stuur de aanroep naar de andere installatie.",
				FR: "Mettez dans la caisse la clé {here} du groupe du terminal, ou envoyez l'appel à l'autre installation.",
				IT: "Metti nella cassa la chiave {here} del gruppo del terminale, oppure invia la chiamata all'altra installazione.",
				ES: "Ponga en la caja la clave {here} del grupo del terminal, o envíe la llamada a la otra instalación.",
			},
		},
		Developer: "The key …{hint} names the other environment; this is {here}. The base URL and the key change together.",
		Runbook:   "Keys carry their environment in their first letters, so that this is known without the key being known here.",
		Look: func(c *doctor.Chart) doctor.Sign {
			sign := ofKey("other_environment", "other_environment", nil, "the key names the other environment")(c)
			if sign.State == doctor.Present {
				sign.Args["here"] = c.Environment
			}
			return sign
		},
	}
}
