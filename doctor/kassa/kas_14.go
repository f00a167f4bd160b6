package kassa

import (
	"kassa/doctor"
)

// componentDown is KAS-14: a part of the service is down for everybody.
func componentDown() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-14", Code: "component_down", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Installation, doctor.Terminal}, Rank: doctor.RankAcquirer + 2, Who: doctor.Operator, Action: doctor.Action{Label: "Service status", Href: "/status"},
		Symptoms: []string{"outage", "service down", "503", "service unavailable"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "A part of the service is down",
				NL: "Een deel van de dienst ligt plat",
				FR: "Une partie du service est en panne",
				IT: "Una parte del servizio è fuori uso",
				ES: "Una parte del servicio está caída",
			},
			Shop: doctor.Text{
				EN: "The payment service has an outage, your terminal is fine; look at the status page and try again later.",
				NL: "De betaaldienst heeft een storing, uw terminal is in orde; kijk op de statuspagina en probeer het later opnieuw.",
				FR: "Le service de paiement connaît une panne, votre terminal est en ordre ; consultez la page d'état et réessayez plus tard.",
				IT: "Il servizio di pagamento ha un guasto, il terminale è a posto; guarda la pagina di stato e riprova più tardi.",
				ES: "El servicio de pago tiene una avería, su terminal está bien; mire la página de estado e inténtelo más tarde.",
			},
			Fix: doctor.Text{
				EN: "There is nothing to do at the shop. The operator sees since when and why on the status page.",
				NL: "In de winkel is niets te doen. De beheerder ziet op de statuspagina sinds wanneer en waarom.",
				FR: "Il n'y a rien à faire au magasin. L'exploitant voit depuis quand et pourquoi sur la page d'état.",
				IT: "In negozio non c'è nulla da fare. Il gestore vede nella pagina di stato da quando e perché.",
				ES: "En la tienda no hay nada que hacer. El operador ve en la página de estado desde cuándo y por qué.",
			},
			Question: doctor.Text{
				EN: "Does the status page (/status) show a component that is down?",
				NL: "Toont de statuspagina (/status) een onderdeel dat plat ligt?",
				FR: "La page d'état (/status) montre-t-elle un composant en panne ?",
				IT: "La pagina di stato (/status) mostra un componente fuori uso?",
				ES: "¿Muestra la página de estado (/status) un componente caído?",
			},
		},
		Developer: "Answers 5xx may be sent again later; outcomes that are open are settled by themselves.",
		Runbook:   "The ComponentChanged entries tell when it began. It is measured from real traffic: one shop alone does not make a component bad.",
	}
}
