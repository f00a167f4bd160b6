package receipt

import "strings"

// words are the receipt's words by language. Their ids are the same in each; a test holds that.
var words = map[string]map[string]string{
	"en": {
		"sale": "SALE", "refund": "REFUND", "check": "CARD CHECK", "test": "TEST - no real payment", "date": "Date", "terminal": "Terminal",
		"merchant": "Merchant", "order": "Order", "amount": "Amount", "tip": "Tip", "employee": "Served by", "total": "TOTAL",
		"card": "Card", "aid": "AID", "psn": "Card seq.", "entry": "Read by", "contactless": "Contactless", "chip": "Chip",
		"magstripe": "Magnetic stripe", "fallback": "Magnetic stripe (fallback)", "entered": "Typed in",
		"cvm": "Verified", "cvmNone": "Not required", "cvmPIN": "PIN OK", "cvmPINEntered": "PIN entered", "cvmSignature": "Signature",
		"cvmDevice": "By the customer's device", "authCode": "Auth. code", "responseCode": "Response", "rrn": "Reference",
		"stan": "Trace", "cryptogram": "Cryptogram", "tvr": "TVR", "tsi": "TSI", "transaction": "Transaction", "original": "Refund of",
		"approved": "APPROVED", "declined": "DECLINED", "notCompleted": "NOT COMPLETED", "noMoney": "No money was taken",
		"accepted": "ACCEPTED", "voided": "CANCELLED", "sign": "Signature", "cardholder": "Cardholder copy",
		"merchantCopy": "Merchant copy", "retain": "Please keep this receipt",
	},
	"nl": {
		"sale": "BETALING", "refund": "TERUGBETALING", "check": "KAARTCONTROLE", "test": "TEST - geen echte betaling", "date": "Datum", "terminal": "Terminal",
		"merchant": "Merchant", "order": "Order", "amount": "Bedrag", "tip": "Fooi", "employee": "Bediend door", "total": "TOTAAL",
		"card": "Kaart", "aid": "AID", "psn": "Volgnummer", "entry": "Gelezen via", "contactless": "Contactloos", "chip": "Chip",
		"magstripe": "Magneetstrip", "fallback": "Magneetstrip (fallback)", "entered": "Ingetoetst",
		"cvm": "Verificatie", "cvmNone": "Niet vereist", "cvmPIN": "Pincode akkoord", "cvmPINEntered": "Pincode ingevoerd", "cvmSignature": "Handtekening",
		"cvmDevice": "Via apparaat van klant", "authCode": "Autorisatie", "responseCode": "Antwoord", "rrn": "Referentie",
		"stan": "Trace", "cryptogram": "Cryptogram", "tvr": "TVR", "tsi": "TSI", "transaction": "Transactie", "original": "Retour van",
		"approved": "AKKOORD", "declined": "GEWEIGERD", "notCompleted": "NIET VOLTOOID", "noMoney": "Er is niets afgeschreven",
		"accepted": "GEACCEPTEERD", "voided": "GEANNULEERD", "sign": "Handtekening", "cardholder": "Kopie kaarthouder",
		"merchantCopy": "Kopie winkelier", "retain": "Bewaar deze bon",
	},
	"fr": {
		"sale": "PAIEMENT", "refund": "REMBOURSEMENT", "check": "CONTRÔLE DE CARTE", "test": "TEST - aucun paiement réel", "date": "Date", "terminal": "Terminal",
		"merchant": "Commerçant", "order": "Commande", "amount": "Montant", "tip": "Pourboire", "employee": "Servi par", "total": "TOTAL",
		"card": "Carte", "aid": "AID", "psn": "N° séq.", "entry": "Lecture", "contactless": "Sans contact", "chip": "Puce",
		"magstripe": "Piste magnétique", "fallback": "Piste (repli)", "entered": "Saisie manuelle",
		"cvm": "Vérification", "cvmNone": "Non requise", "cvmPIN": "Code PIN vérifié", "cvmPINEntered": "Code PIN saisi", "cvmSignature": "Signature",
		"cvmDevice": "Par l'appareil du client", "authCode": "Autorisation", "responseCode": "Réponse", "rrn": "Référence",
		"stan": "Trace", "cryptogram": "Cryptogramme", "tvr": "TVR", "tsi": "TSI", "transaction": "Transaction", "original": "Remboursement de",
		"approved": "ACCEPTÉ", "declined": "REFUSÉ", "notCompleted": "NON ABOUTI", "noMoney": "Aucun débit n'a été effectué",
		"accepted": "ENREGISTRÉ", "voided": "ANNULÉ", "sign": "Signature", "cardholder": "Ticket client",
		"merchantCopy": "Ticket commerçant", "retain": "Ticket à conserver",
	},
	"it": {
		"sale": "PAGAMENTO", "refund": "RIMBORSO", "check": "VERIFICA CARTA", "test": "TEST - nessun pagamento reale", "date": "Data", "terminal": "Terminale",
		"merchant": "Esercente", "order": "Ordine", "amount": "Importo", "tip": "Mancia", "employee": "Servito da", "total": "TOTALE",
		"card": "Carta", "aid": "AID", "psn": "N. seq.", "entry": "Lettura", "contactless": "Contactless", "chip": "Chip",
		"magstripe": "Banda magnetica", "fallback": "Banda (fallback)", "entered": "Digitata",
		"cvm": "Verifica", "cvmNone": "Non richiesta", "cvmPIN": "PIN verificato", "cvmPINEntered": "PIN inserito", "cvmSignature": "Firma",
		"cvmDevice": "Dispositivo del cliente", "authCode": "Autorizzazione", "responseCode": "Risposta", "rrn": "Riferimento",
		"stan": "Traccia", "cryptogram": "Crittogramma", "tvr": "TVR", "tsi": "TSI", "transaction": "Transazione", "original": "Rimborso di",
		"approved": "APPROVATO", "declined": "RIFIUTATO", "notCompleted": "NON COMPLETATO", "noMoney": "Nessun addebito effettuato",
		"accepted": "ACCETTATO", "voided": "ANNULLATO", "sign": "Firma", "cardholder": "Copia cliente",
		"merchantCopy": "Copia esercente", "retain": "Conservare lo scontrino",
	},
	"es": {
		"sale": "VENTA", "refund": "DEVOLUCIÓN", "check": "COMPROBACIÓN", "test": "PRUEBA - sin pago real", "date": "Fecha", "terminal": "Terminal",
		"merchant": "Comercio", "order": "Pedido", "amount": "Importe", "tip": "Propina", "employee": "Atendido por", "total": "TOTAL",
		"card": "Tarjeta", "aid": "AID", "psn": "N.º sec.", "entry": "Lectura", "contactless": "Sin contacto", "chip": "Chip",
		"magstripe": "Banda magnética", "fallback": "Banda (fallback)", "entered": "Tecleada",
		"cvm": "Verificación", "cvmNone": "No requerida", "cvmPIN": "PIN verificado", "cvmPINEntered": "PIN introducido", "cvmSignature": "Firma",
		"cvmDevice": "Dispositivo del cliente", "authCode": "Autorización", "responseCode": "Respuesta", "rrn": "Referencia",
		"stan": "Traza", "cryptogram": "Criptograma", "tvr": "TVR", "tsi": "TSI", "transaction": "Transacción", "original": "Devolución de",
		"approved": "APROBADA", "declined": "DENEGADA", "notCompleted": "NO COMPLETADA", "noMoney": "No se ha cobrado nada",
		"accepted": "ACEPTADA", "voided": "ANULADA", "sign": "Firma", "cardholder": "Copia del cliente",
		"merchantCopy": "Copia del comercio", "retain": "Conserve este recibo",
	},
}

// Languages lists the languages that a receipt can be written in.
func Languages() []string { return []string{"en", "nl", "fr", "it", "es"} }

// language finds the words for a locale such as "nl_BE".
func language(locale string) (string, map[string]string) {
	code, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(locale, "-", "_")), "_")
	if w, ok := words[code]; ok {
		return code, w
	}
	return "en", words["en"]
}
