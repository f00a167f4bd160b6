package driver

import "kassa/doctor"

func names() map[string]string {
	return map[string]string{"en": "English", "nl": "Nederlands", "fr": "Français", "it": "Italiano", "es": "Español"}
}

func sayer(lang string) func(string) string {
	all := words()
	return func(key string) string {
		t := all[key]
		return map[string]string{"en": t.EN, "nl": t.NL, "fr": t.FR, "it": t.IT, "es": t.ES}[lang]
	}
}

// words are the texts of the page.
func words() map[string]doctor.Text {
	return map[string]doctor.Text{
		"paying_title":    {EN: "Present your card", NL: "Houd uw kaart voor de lezer", FR: "Présentez votre carte", IT: "Presenti la carta", ES: "Presente la tarjeta"},
		"paying_lead":     {EN: "The terminal waits for a card. What is held is not paid: you pay what you charge.", NL: "De terminal wacht op een kaart. Wat wordt gereserveerd is niet betaald: u betaalt wat u laadt.", FR: "Le terminal attend une carte. Ce qui est réservé n'est pas payé : vous payez ce que vous rechargez.", IT: "Il terminale attende una carta. Ciò che viene bloccato non è pagato: paga ciò che ricarica.", ES: "El terminal espera una tarjeta. Lo retenido no está pagado: usted paga lo que carga."},
		"starting_title":  {EN: "Starting", NL: "Wordt gestart", FR: "Démarrage", IT: "Avvio", ES: "Iniciando"},
		"starting_lead":   {EN: "The charger is asked to start.", NL: "De lader wordt gevraagd te starten.", FR: "La borne est invitée à démarrer.", IT: "Si chiede alla colonnina di avviarsi.", ES: "Se pide al cargador que empiece."},
		"plug_title":      {EN: "Plug in your car", NL: "Sluit uw auto aan", FR: "Branchez votre voiture", IT: "Colleghi l'auto", ES: "Conecte su coche"},
		"plug_lead":       {EN: "Without a car within five minutes the hold is given back.", NL: "Is er binnen vijf minuten geen auto, dan wordt de reservering vrijgegeven.", FR: "Sans voiture dans les cinq minutes, la réserve est libérée.", IT: "Senza un'auto entro cinque minuti il blocco viene tolto.", ES: "Si no hay coche en cinco minutos, se libera la retención."},
		"charging_title":  {EN: "Charging", NL: "Aan het laden", FR: "En charge", IT: "In ricarica", ES: "Cargando"},
		"charging_lead":   {EN: "Unplug, or tap the same card, to stop.", NL: "Trek de stekker uit, of houd dezelfde kaart voor de lezer, om te stoppen.", FR: "Débranchez, ou présentez la même carte, pour arrêter.", IT: "Scolleghi, o presenti la stessa carta, per fermare.", ES: "Desconecte, o acerque la misma tarjeta, para parar."},
		"stopping_title":  {EN: "Stopping", NL: "Wordt gestopt", FR: "Arrêt en cours", IT: "Arresto", ES: "Parando"},
		"stopping_lead":   {EN: "The charger is asked to stop.", NL: "De lader wordt gevraagd te stoppen.", FR: "La borne est invitée à s'arrêter.", IT: "Si chiede alla colonnina di fermarsi.", ES: "Se pide al cargador que pare."},
		"pricing_title":   {EN: "Charged; the price follows", NL: "Geladen; de prijs volgt", FR: "Rechargé ; le prix suit", IT: "Ricaricato; segue il prezzo", ES: "Cargado; falta el precio"},
		"pricing_lead":    {EN: "The operator is working out what it cost. The rest of the hold goes back then.", NL: "De exploitant bepaalt wat het kostte. De rest van de reservering komt dan vrij.", FR: "L'exploitant calcule le prix. Le reste de la réserve est ensuite libéré.", IT: "Il gestore calcola il prezzo. Il resto del blocco viene poi tolto.", ES: "El operador calcula el precio. El resto de la retención se libera entonces."},
		"settled_title":   {EN: "Thank you", NL: "Dank u wel", FR: "Merci", IT: "Grazie", ES: "Gracias"},
		"settled_lead":    {EN: "This is your receipt.", NL: "Dit is uw kassabon.", FR: "Voici votre reçu.", IT: "Questa è la Sua ricevuta.", ES: "Este es su recibo."},
		"free_title":      {EN: "Nothing to pay", NL: "Niets te betalen", FR: "Rien à payer", IT: "Niente da pagare", ES: "Nada que pagar"},
		"free_lead":       {EN: "The session cost nothing; the hold was given back.", NL: "De sessie kostte niets; de reservering is vrijgegeven.", FR: "La session n'a rien coûté ; la réserve a été libérée.", IT: "La sessione non è costata nulla; il blocco è stato tolto.", ES: "La sesión no costó nada; la retención se liberó."},
		"released_title":  {EN: "It did not start", NL: "Het is niet gestart", FR: "La charge n'a pas démarré", IT: "Non si è avviata", ES: "No se inició"},
		"released_lead":   {EN: "Nothing was taken, and the hold was given back. Your bank may show it for some days.", NL: "Er is niets afgeschreven en de reservering is vrijgegeven. Uw bank kan haar nog enkele dagen tonen.", FR: "Rien n'a été prélevé et la réserve a été libérée. Votre banque peut encore l'afficher quelques jours.", IT: "Nulla è stato prelevato e il blocco è stato tolto. La banca può mostrarlo ancora per qualche giorno.", ES: "No se cobró nada y la retención se liberó. Su banco puede mostrarla unos días."},
		"releasing_title": {EN: "The hold goes back", NL: "De reservering wordt vrijgegeven", FR: "La réserve est libérée", IT: "Il blocco viene tolto", ES: "Se libera la retención"},
		"releasing_lead":  {EN: "Nothing is taken. Your bank may show the hold for some days.", NL: "Er wordt niets afgeschreven. Uw bank kan de reservering nog enkele dagen tonen.", FR: "Rien n'est prélevé. Votre banque peut afficher la réserve quelques jours.", IT: "Nulla viene prelevato. La banca può mostrare il blocco per qualche giorno.", ES: "No se cobra nada. Su banco puede mostrar la retención unos días."},
		"declined_title":  {EN: "The card was not accepted", NL: "De kaart is niet geaccepteerd", FR: "La carte n'a pas été acceptée", IT: "La carta non è stata accettata", ES: "La tarjeta no fue aceptada"},
		"declined_lead":   {EN: "Nothing is held. Try another card.", NL: "Er is niets gereserveerd. Probeer een andere kaart.", FR: "Rien n'est réservé. Essayez une autre carte.", IT: "Nulla è bloccato. Provi un'altra carta.", ES: "No se retuvo nada. Pruebe otra tarjeta."},
		"failed_title":    {EN: "The payment is open", NL: "De betaling staat open", FR: "Le paiement reste dû", IT: "Il pagamento è da saldare", ES: "El pago está pendiente"},
		"failed_lead":     {EN: "Your bank did not let the amount be taken. The operator will tell you how to pay it.", NL: "Uw bank liet de afschrijving niet toe. De exploitant laat weten hoe u kunt betalen.", FR: "Votre banque n'a pas autorisé le prélèvement. L'exploitant vous dira comment payer.", IT: "La banca non ha permesso l'addebito. Il gestore Le dirà come pagare.", ES: "Su banco no permitió el cobro. El operador le dirá cómo pagar."},
		"unknown_title":   {EN: "There is no such session", NL: "Deze sessie is er niet", FR: "Cette session n'existe pas", IT: "Questa sessione non esiste", ES: "No existe esta sesión"},
		"unknown_lead":    {EN: "Scan the code on the terminal again, or check the address.", NL: "Scan de code op de terminal opnieuw, of controleer het adres.", FR: "Scannez à nouveau le code du terminal, ou vérifiez l'adresse.", IT: "Scansioni di nuovo il codice sul terminale, o controlli l'indirizzo.", ES: "Escanee otra vez el código del terminal, o revise la dirección."},
		"later_title":     {EN: "Not just now", NL: "Nu even niet", FR: "Pas pour l'instant", IT: "Non ora", ES: "Ahora no"},
		"later_lead":      {EN: "The session cannot be read at the moment. Try again shortly.", NL: "De sessie is nu niet te lezen. Probeer het zo weer.", FR: "La session ne peut pas être lue pour l'instant. Réessayez bientôt.", IT: "La sessione non si può leggere ora. Riprovi tra poco.", ES: "La sesión no se puede leer ahora. Inténtelo en un momento."},

		"cost": {EN: "So far", NL: "Tot nu toe", FR: "Jusqu'ici", IT: "Finora", ES: "Hasta ahora"}, "held": {EN: "Held", NL: "Gereserveerd", FR: "Réservé", IT: "Bloccato", ES: "Retenido"},
		"paid": {EN: "Paid", NL: "Betaald", FR: "Payé", IT: "Pagato", ES: "Pagado"}, "was_held": {EN: "Was held", NL: "Was gereserveerd", FR: "Avait été réservé", IT: "Era bloccato", ES: "Se retuvo"},
		"given_back": {EN: "Given back", NL: "Vrijgegeven", FR: "Libéré", IT: "Sbloccato", ES: "Liberado"}, "refunded": {EN: "Paid back", NL: "Terugbetaald", FR: "Remboursé", IT: "Rimborsato", ES: "Reembolsado"},
		"open": {EN: "Open", NL: "Open", FR: "Restant dû", IT: "Da pagare", ES: "Pendiente"}, "session": {EN: "Session", NL: "Sessie", FR: "Session", IT: "Sessione", ES: "Sesión"},
		"price": {EN: "Price", NL: "Prijs", FR: "Prix", IT: "Prezzo", ES: "Precio"}, "tariff": {EN: "Tariff", NL: "Tarief", FR: "Tarif", IT: "Tariffa", ES: "Tarifa"},
		"card": {EN: "Card", NL: "Kaart", FR: "Carte", IT: "Carta", ES: "Tarjeta"}, "invoice": {EN: "Invoice", NL: "Factuur", FR: "Facture", IT: "Fattura", ES: "Factura"},
		"credit_note": {EN: "Credit note", NL: "Creditnota", FR: "Avoir", IT: "Nota di credito", ES: "Nota de crédito"}, "number": {EN: "Number", NL: "Nummer", FR: "Numéro", IT: "Numero", ES: "Número"},
		"date": {EN: "Date", NL: "Datum", FR: "Date", IT: "Data", ES: "Fecha"}, "credits": {EN: "Takes back", NL: "Crediteert", FR: "Annule", IT: "Storna", ES: "Anula"},
		"operator": {EN: "Operator", NL: "Exploitant", FR: "Exploitant", IT: "Gestore", ES: "Operador"}, "place": {EN: "Place", NL: "Plaats", FR: "Lieu", IT: "Luogo", ES: "Lugar"},
		"charger": {EN: "Charger", NL: "Lader", FR: "Borne", IT: "Colonnina", ES: "Cargador"}, "evse": {EN: "EVSE", NL: "EVSE", FR: "EVSE", IT: "EVSE", ES: "EVSE"},
		"begun": {EN: "Begun", NL: "Begonnen", FR: "Début", IT: "Inizio", ES: "Inicio"}, "ended": {EN: "Ended", NL: "Geëindigd", FR: "Fin", IT: "Fine", ES: "Fin"},
		"minutes": {EN: "Minutes", NL: "Minuten", FR: "Minutes", IT: "Minuti", ES: "Minutos"}, "energy": {EN: "Energy", NL: "Energie", FR: "Énergie", IT: "Energia", ES: "Energía"},
		"net": {EN: "Without tax", NL: "Zonder btw", FR: "Hors taxe", IT: "Imponibile", ES: "Sin impuestos"}, "gross": {EN: "With tax", NL: "Met btw", FR: "Toutes taxes comprises", IT: "Totale", ES: "Con impuestos"},
		"per_kWh": {EN: "per kWh", NL: "per kWh", FR: "par kWh", IT: "per kWh", ES: "por kWh"}, "per_minute": {EN: "per minute", NL: "per minuut", FR: "par minute", IT: "al minuto", ES: "por minuto"},
		"per_session": {EN: "per session", NL: "per sessie", FR: "par session", IT: "a sessione", ES: "por sesión"}, "per_idle": {EN: "per minute without charging", NL: "per minuut zonder laden", FR: "par minute sans charge", IT: "al minuto senza ricarica", ES: "por minuto sin cargar"},
		"from_minute":       {EN: "from minute %d", NL: "vanaf minuut %d", FR: "à partir de la minute %d", IT: "dal minuto %d", ES: "desde el minuto %d"},
		"help":              {EN: "Help by telephone", NL: "Hulp per telefoon", FR: "Aide par téléphone", IT: "Aiuto per telefono", ES: "Ayuda por teléfono"},
		"reference":         {EN: "Reference", NL: "Referentie", FR: "Référence", IT: "Riferimento", ES: "Referencia"},
		"operators_invoice": {EN: "The operator's invoice", NL: "Factuur van de exploitant", FR: "Facture de l'exploitant", IT: "Fattura del gestore", ES: "Factura del operador"},
		"signed":            {EN: "Signed meter values", NL: "Ondertekende meterstanden", FR: "Relevés de compteur signés", IT: "Misure firmate", ES: "Lecturas firmadas"},
	}
}
