#!/usr/bin/env bash
# make.sh - the certificates and key stores of this directory, made anew (OpenSSL 3, keytool of Java 17). They protect nothing.
set -eu
cd "$(dirname "$0")"
password=store-secret
issue() { openssl req "$@" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes; }
issue -x509 -days 3650 -subj /CN=issuer -keyout ca.key -out ca.pem
issue -new -subj /CN=own -keyout own.key -out own.csr
openssl x509 -req -in own.csr -CA ca.pem -CAkey ca.key -days 3650 -out own.crt
export_p12() { openssl pkcs12 -export -in own.crt -inkey own.key -certfile ca.pem -passout "pass:$password" "$@"; }
export_p12 -out openssl.p12
export_p12 -macalg sha512 -certpbe AES-128-CBC -keypbe AES-192-CBC -out openssl-other.p12
export_p12 -legacy -out legacy.p12
export_p12 -certpbe NONE -keypbe NONE -nomac -out open.p12
rm -f keytool.p12 keytool-trust.p12 trust.jks
keytool -importkeystore -noprompt -srckeystore openssl.p12 -srcstorepass $password -destkeystore keytool.p12 -deststoretype PKCS12 -deststorepass $password
keytool -importcert -noprompt -alias ca -file ca.pem -keystore keytool-trust.p12 -storetype PKCS12 -storepass $password
keytool -importcert -noprompt -alias ca -file ca.pem -keystore trust.jks -storetype JKS -storepass $password
openssl pkcs8 -topk8 -in own.key -v2 aes-256-cbc -passout "pass:$password" -out own-locked.key
openssl pkcs8 -topk8 -in own.key -v1 PBE-SHA1-3DES -passout "pass:$password" -out own-old.key
openssl ec -in own.key -aes128 -passout "pass:$password" -out own-traditional.key
rm -f ca.key own.csr ca.srl
