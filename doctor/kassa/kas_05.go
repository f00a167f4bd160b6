package kassa

import (
	"time"

	"kassa/doctor"
)

// keyExpired is KAS-05: a key is used after its last day, or after the one that replaced it took over.
func keyExpired() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-05", Code: "key_expired", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Key}, Needs: []doctor.Need{doctor.NeedKey}, Rank: doctor.RankOrder + 1, Who: doctor.Merchant, Action: doctor.Action{Label: "See the keys", Href: "/keys"},
		Symptoms: []string{"invalid API key", "unauthorised", "1032", "key expired"},
		Explains: []string{"wrong_api_key", "no_permission_devices_menu"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The API key has expired",
				NL: "De API-sleutel is verlopen",
				FR: "La clé API a expiré",
				IT: "La chiave API è scaduta",
				ES: "La clave de API ha caducado",
			},
			Shop: doctor.Text{
				EN: "The cash register's key is past its last day; whoever manages it has to enter the new key, the terminal is fine.",
				NL: "De sleutel van de kassa is over zijn laatste dag heen; de beheerder moet de nieuwe sleutel invoeren, de terminal is in orde.",
				FR: "La clé de la caisse a dépassé son dernier jour ; la personne qui la gère doit saisir la nouvelle clé, le terminal est en ordre.",
				IT: "La chiave della cassa ha superato l'ultimo giorno; chi la gestisce deve inserire la chiave nuova, il terminale è a posto.",
				ES: "La clave de la caja pasó su último día; quien la gestiona debe introducir la nueva, el terminal está bien.",
			},
			Fix: doctor.Text{
				EN: "Put the key that replaces …{hint} into the cash register, or make a new one without an end.",
				NL: "Zet de sleutel die …{hint} vervangt in de kassa, of maak een nieuwe zonder einddatum.",
				FR: "Mettez dans la caisse la clé qui remplace …{hint}, ou créez-en une nouvelle sans date de fin.",
				IT: "Metti nella cassa la chiave che sostituisce …{hint}, oppure creane una nuova senza scadenza.",
				ES: "Ponga en la caja la clave que sustituye a …{hint}, o cree una nueva sin fecha de fin.",
			},
		},
		Developer: "The key …{hint} has expired. After a rotation both keys work for the time of the overlap only.",
		Runbook:   "KeyRotated names the successor and the end of the overlap; KeyMade has the end that the key was given.",
		Look:      ofKey("expired", "key_expired", func(k *doctor.KeyFacts) time.Time { return k.Expires }, "the key has expired", "KeyRotated", "KeyMade"),
	}
}
