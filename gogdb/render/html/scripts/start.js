// The first view, once every script has said how it shows the address.
prepare(document);
showAddress();
