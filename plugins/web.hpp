#pragma once
// What plugins that ask servers tell libcurl alike.
#include <curl/curl.h>

#include <cstdlib>
#include <string>

namespace hillock::web {

/// Lets a new transfer get `address` by http or https, and say in `why`, of CURL_ERROR_SIZE bytes, how it failed.
/// A server of https has to show a certificate that one of the system's authorities has signed. SSL_CERT_FILE names a
/// file with others in their place, as for programs with OpenSSL; libcurl by itself does not look at that variable.
inline void prepare(CURL* transfer, const char* address, char* why) {
  curl_easy_setopt(transfer, CURLOPT_URL, address);
  curl_easy_setopt(transfer, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(transfer, CURLOPT_ERRORBUFFER, why);
  curl_easy_setopt(transfer, CURLOPT_USERAGENT, "hillock");
  curl_easy_setopt(transfer, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(transfer, CURLOPT_SSL_VERIFYHOST, 2L);
  if (const char* const authorities = std::getenv("SSL_CERT_FILE"); authorities && *authorities)
    curl_easy_setopt(transfer, CURLOPT_CAINFO, authorities);
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(transfer, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(transfer, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

/// How a transfer failed, by what is in `why`.
inline std::string details(CURLcode status, const char* why) {
  std::string text = *why ? why : curl_easy_strerror(status);
  if (status == CURLE_SSL_CACERT_BADFILE)
    text += "; let SSL_CERT_FILE name a file of certificates, or unset it and install the package ca-certificates";
  if (status == CURLE_PEER_FAILED_VERIFICATION)
    text += "; if your network has an authority of its own, let SSL_CERT_FILE name the file with its certificate";
  return text;
}

}  // namespace hillock::web
