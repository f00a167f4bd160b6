package kassa

import (
	"kassa/doctor"
)

// unknownKeys is KAS-06: somebody calls this installation with keys that it never made.
func unknownKeys() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-06", Code: "key_unknown", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Installation}, Needs: []doctor.Need{doctor.NeedCalls}, Rank: doctor.RankNotice, Who: doctor.Developer,
		Symptoms: []string{"invalid API key", "unauthorised", "1032"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "Calls come in with a key that nobody made here",
				NL: "Er komen aanroepen met een sleutel die hier niet is gemaakt",
				FR: "Des appels arrivent avec une clé qui n'a pas été créée ici",
				IT: "Arrivano chiamate con una chiave che qui nessuno ha creato",
				ES: "Llegan llamadas con una clave que no se creó aquí",
			},
			Shop: doctor.Text{
				EN: "A cash register uses a key that does not exist here; its supplier has to enter the right one.",
				NL: "Een kassa gebruikt een sleutel die hier niet bestaat; de leverancier moet de juiste invoeren.",
				FR: "Une caisse utilise une clé qui n'existe pas ici ; son fournisseur doit saisir la bonne.",
				IT: "Una cassa usa una chiave che qui non esiste; il fornitore deve inserire quella giusta.",
				ES: "Una caja usa una clave que no existe aquí; su proveedor debe introducir la correcta.",
			},
			Fix: doctor.Text{
				EN: "Find the caller at {from}: its key ends in {hint}. A key that was cut off, or pasted with a space, is the usual reason.",
				NL: "Zoek de aanroeper op {from}: de sleutel eindigt op {hint}. Meestal is de sleutel afgekapt of met een spatie geplakt.",
				FR: "Trouvez l'appelant à {from} : sa clé se termine par {hint}. Le plus souvent elle est tronquée ou collée avec une espace.",
				IT: "Trova il chiamante a {from}: la sua chiave finisce con {hint}. Di solito è tagliata o incollata con uno spazio.",
				ES: "Busque quien llama desde {from}: su clave termina en {hint}. Lo normal es que esté cortada o pegada con un espacio.",
			},
		},
		Developer: "{route} was refused: the key …{hint} was never made here.",
		Runbook:   "{from} is the caller's address. Many keys from one address is somebody who guesses: let a firewall turn it away.",
		Look: func(c *doctor.Chart) doctor.Sign {
			call, ok := lately(c, "key_unknown")
			if !ok {
				return doctor.No("no call with an unknown key within a day")
			}
			return doctor.Found(args(call, nil), said(call))
		},
	}
}
