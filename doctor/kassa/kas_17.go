package kassa

import (
	"kassa/doctor"
)

// testCardInLive is KAS-17: a card of the test deck was presented in the live environment.
func testCardInLive() doctor.Rule {
	return doctor.Rule{
		ID: "KAS-17", Code: "test_card_in_live", Source: doctor.FromKassa, About: []doctor.Kind{doctor.Order}, Rank: doctor.RankCard, Who: doctor.Shop,
		Symptoms: []string{"test cards are not accepted", "card not supported"},
		Says: doctor.Says{
			Title: doctor.Text{
				EN: "A test card was used on a live terminal",
				NL: "Een testkaart is op een live-terminal gebruikt",
				FR: "Une carte de test a été utilisée sur un terminal réel",
				IT: "Una carta di prova è stata usata su un terminale reale",
				ES: "Se usó una tarjeta de prueba en un terminal real",
			},
			Shop: doctor.Text{
				EN: "This is a test card and works only in the test environment; use a real card, or test on a test terminal.",
				NL: "Dit is een testkaart en die werkt alleen in de testomgeving; gebruik een echte kaart of test op een testterminal.",
				FR: "C'est une carte de test, elle ne marche que dans l'environnement de test ; utilisez une vraie carte ou un terminal de test.",
				IT: "È una carta di prova e funziona solo nell'ambiente di prova; usa una carta vera o un terminale di prova.",
				ES: "Es una tarjeta de prueba y solo funciona en el entorno de pruebas; use una tarjeta real o un terminal de pruebas.",
			},
			Fix: doctor.Text{
				EN: "Test with the test environment's terminal and key. In live nothing can be tried out without real money.",
				NL: "Test met de terminal en de sleutel van de testomgeving. In live is zonder echt geld niets te proberen.",
				FR: "Testez avec le terminal et la clé de l'environnement de test. En réel, rien ne s'essaie sans argent réel.",
				IT: "Prova con il terminale e la chiave dell'ambiente di prova. In quello reale non si prova nulla senza denaro vero.",
				ES: "Pruebe con el terminal y la clave del entorno de pruebas. En el real nada se prueba sin dinero real.",
			},
			Question: doctor.Text{
				EN: "Is it a card that is made for tests, and the terminal a live one?",
				NL: "Is het een kaart die voor tests is gemaakt, en de terminal een echte?",
				FR: "Est-ce une carte faite pour les tests, et le terminal un vrai ?",
				IT: "È una carta fatta per le prove, e il terminale uno reale?",
				ES: "¿Es una tarjeta hecha para pruebas y el terminal uno real?",
			},
		},
		Developer: "The order's card was refused with test_card_in_live; it never reached the acquirer.",
		Runbook:   "The BIN is one of the test deck. Kassa refuses it by itself.",
	}
}
