package adyen

import (
	"kassa/doctor"
)

// apiFailing is C17: the Terminal API answers with a server error.
func apiFailing() doctor.Rule {
	return doctor.Rule{
		ID: "C17", Code: "terminal_api_failing", Source: doctor.FromAdyen, About: []doctor.Kind{doctor.Key, doctor.Terminal, doctor.Installation}, Rank: doctor.RankAcquirer + 3, Who: doctor.Operator, Contact: doctor.GeneralSupport,
		Symptoms: []string{"503", "Internal Server Error", "Service Unavailable"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "The Terminal API answered with a server error",
				NL: "De Terminal API antwoordde met een serverfout",
				FR: "L'API de terminal a répondu par une erreur de serveur",
				IT: "La Terminal API ha risposto con un errore del server",
				ES: "La API de terminal respondió con un error del servidor",
			},
			Shop: doctor.Text{
				EN: "The payment service had a fault when the payment was sent; look whether it was paid before you start it again.",
				NL: "De betaaldienst had een storing toen de betaling werd verstuurd; kijk of die is betaald voordat u opnieuw begint.",
				FR: "Le service de paiement a eu une panne à l'envoi du paiement ; vérifiez s'il a été payé avant de recommencer.",
				IT: "Il servizio di pagamento ha avuto un guasto all'invio del pagamento; controlla se è stato pagato prima di ricominciare.",
				ES: "El servicio de pago tuvo un fallo al enviarse el pago; compruebe si se pagó antes de volver a empezar.",
			},
			Fix: doctor.Text{
				EN: "503 may be sent again after a second; after 500 ask TransactionStatus first. The operator looks at the store and its disk.",
				NL: "503 mag na een seconde opnieuw; vraag na 500 eerst TransactionStatus. De beheerder kijkt naar de opslag en de schijf.",
				FR: "Un 503 peut être renvoyé après une seconde ; après un 500, demandez d'abord TransactionStatus. L'exploitant vérifie le stockage et son disque.",
				IT: "Un 503 si può rinviare dopo un secondo; dopo un 500 chiedi prima TransactionStatus. Il gestore controlla l'archivio e il disco.",
				ES: "Un 503 puede reenviarse tras un segundo; tras un 500 pida antes TransactionStatus. El operador revisa el almacén y su disco.",
			},
			Question: doctor.Text{
				EN: "Does the call answer 500 or 503, or \"Internal Server Error\"?",
				NL: "Antwoordt de aanroep met 500 of 503, of \"Internal Server Error\"?",
				FR: "L'appel répond-il 500 ou 503, ou « Internal Server Error » ?",
				IT: "La chiamata risponde 500 o 503, o \"Internal Server Error\"?",
				ES: "¿Responde la llamada 500 o 503, o \"Internal Server Error\"?",
			},
		},
		Developer: "With 503 nothing was done; with 500 the request may or may not be stored.",
		Runbook:   "world_busy is a bounded queue that was full, world_failed the store. See the status page and the process's log at that time.",
	}
}
