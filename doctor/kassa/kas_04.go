package kassa

import (
	"time"

	"kassa/doctor"
)

// keyRevoked is KAS-04: a key is used that somebody revoked.
func keyRevoked() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-04", Code: "key_revoked", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Key}, Needs: []doctor.Need{doctor.NeedKey}, Rank: doctor.RankOrder + 1, Who: doctor.Merchant, Action: doctor.Action{Label: "See the keys", Href: "/keys"},
		Symptoms: []string{"invalid API key", "unauthorised", "1032", "key revoked"},
		Explains: []string{"wrong_api_key", "no_permission_devices_menu"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The API key has been revoked",
				NL: "De API-sleutel is ingetrokken",
				FR: "La clé API a été révoquée",
				IT: "La chiave API è stata revocata",
				ES: "La clave de API ha sido revocada",
			},
			Shop: doctor.Text{
				EN: "The cash register's key was withdrawn; whoever manages it has to enter the new key, the terminal is fine.",
				NL: "De sleutel van de kassa is ingetrokken; de beheerder moet de nieuwe sleutel invoeren, de terminal is in orde.",
				FR: "La clé de la caisse a été retirée ; la personne qui la gère doit saisir la nouvelle clé, le terminal est en ordre.",
				IT: "La chiave della cassa è stata ritirata; chi la gestisce deve inserire la chiave nuova, il terminale è a posto.",
				ES: "La clave de la caja fue retirada; quien la gestiona debe introducir la nueva, el terminal está bien.",
			},
			Fix: doctor.Text{
				EN: "Make a new key for the group and put it into the cash register. Find out first why the key …{hint} was revoked.",
				NL: "Maak een nieuwe sleutel voor de groep en zet die in de kassa. Zoek eerst uit waarom de sleutel …{hint} is ingetrokken.",
				FR: "Créez une nouvelle clé pour le groupe et mettez-la dans la caisse. Cherchez d'abord pourquoi la clé …{hint} a été révoquée.",
				IT: "Crea una chiave nuova per il gruppo e mettila nella cassa. Prima scopri perché la chiave …{hint} è stata revocata.",
				ES: "Cree una clave nueva para el grupo y póngala en la caja. Averigüe antes por qué se revocó la clave …{hint}.",
			},
		},
		Developer: "The key …{hint} is revoked; no call with it will succeed again.",
		Runbook:   "The KeyRevoked entry tells who did it. A key that leaked is revoked for good: do not make it work again.",
		Look:      ofKey("revoked", "key_revoked", func(k *doctor.KeyFacts) time.Time { return k.Revoked }, "the key was revoked", "KeyRevoked"),
	}
}
