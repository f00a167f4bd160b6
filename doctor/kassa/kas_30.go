package kassa

import (
	"kassa/doctor"
)

// keyMissing is KAS-30: calls come in without any key.
func keyMissing() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-30", Code: "key_missing", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Key, doctor.Installation}, Rank: doctor.RankNotice + 2, Who: doctor.Developer,
		Symptoms: []string{"invalid API key", "unauthorised", "1032", "401"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Calls come in without a key",
				NL: "Er komen aanroepen zonder sleutel",
				FR: "Des appels arrivent sans clé",
				IT: "Arrivano chiamate senza chiave",
				ES: "Llegan llamadas sin clave",
			},
			Shop: doctor.Text{
				EN: "A cash register was set up without its key; its supplier has to enter it.",
				NL: "Een kassa is zonder sleutel ingesteld; de leverancier moet die invoeren.",
				FR: "Une caisse a été réglée sans sa clé ; son fournisseur doit la saisir.",
				IT: "Una cassa è stata impostata senza chiave; il fornitore deve inserirla.",
				ES: "Una caja se configuró sin su clave; su proveedor debe introducirla.",
			},
			Fix: doctor.Text{
				EN: "Send the key in the header api_key (MultiSafepay), X-API-Key (Adyen) or Authorization: Bearer. A proxy between may drop headers.",
				NL: "Stuur de sleutel in de header api_key (MultiSafepay), X-API-Key (Adyen) of Authorization: Bearer. Een proxy kan headers weglaten.",
				FR: "Envoyez la clé dans l'en-tête api_key (MultiSafepay), X-API-Key (Adyen) ou Authorization: Bearer. Un proxy peut supprimer des en-têtes.",
				IT: "Invia la chiave nell'intestazione api_key (MultiSafepay), X-API-Key (Adyen) o Authorization: Bearer. Un proxy può togliere intestazioni.",
				ES: "Envíe la clave en la cabecera api_key (MultiSafepay), X-API-Key (Adyen) o Authorization: Bearer. Un proxy puede quitar cabeceras.",
			},
			Question: doctor.Text{
				EN: "Does the request carry a key at all: in api_key, X-API-Key or Authorization?",
				NL: "Bevat het verzoek eigenlijk wel een sleutel: in api_key, X-API-Key of Authorization?",
				FR: "La requête porte-t-elle une clé : dans api_key, X-API-Key ou Authorization ?",
				IT: "La richiesta contiene una chiave: in api_key, X-API-Key o Authorization?",
				ES: "¿Lleva la petición una clave: en api_key, X-API-Key o Authorization?",
			},
		},
		Developer: "The call was refused with 401 since it showed no key.",
		Runbook:   "An empty setting in the cash register, or a proxy that drops headers with underscores (api_key), as nginx does by default.",
	}
}
