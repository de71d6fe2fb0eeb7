//! Requests signed by AWS's own signer, so that each part of them can be changed afterwards.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use reqwest::{Client, Method};
use sandbox::iam::UserKey;
use sandbox::sessions::Session;

/// A request; a test changes one field before or after [`Signed::sign`].
pub(crate) struct Signed {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub access_key_id: String,
    pub secret: String,
    pub token: Option<String>,
    pub region: &'static str,
    pub service: &'static str,
    pub time: SystemTime,
}

pub(crate) struct Answer {
    pub status: u16,
    pub text: String,
    pub headers: reqwest::header::HeaderMap,
}

impl Answer {
    /// Text of the first XML element of this name.
    pub(crate) fn element(&self, name: &str) -> &str {
        element(&self.text, name)
    }
}

pub(crate) fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    let begin = xml.find(&start).map(|at| at + start.len());
    begin
        .and_then(|at| xml[at..].find(&end).map(|length| &xml[at..at + length]))
        .unwrap_or_default()
}

impl Signed {
    pub(crate) fn sts(
        endpoint: &str,
        form: &[(&str, &str)],
        user: &UserKey,
        time: SystemTime,
    ) -> Self {
        Self {
            method: "POST",
            url: format!("{endpoint}/"),
            headers: vec![(
                "content-type".to_owned(),
                "application/x-www-form-urlencoded".to_owned(),
            )],
            body: encode(form),
            access_key_id: user.access_key_id.clone(),
            secret: user.secret_access_key.clone(),
            token: None,
            region: "eu-central-1",
            service: "sts",
            time,
        }
    }

    pub(crate) fn s3(method: &'static str, url: &str, session: &Session, time: SystemTime) -> Self {
        Self {
            method,
            url: url.to_owned(),
            headers: Vec::new(),
            body: String::new(),
            access_key_id: session.access_key_id.clone(),
            secret: session.secret_access_key.clone(),
            token: Some(session.session_token.clone()),
            region: "eu-central-1",
            service: "s3",
            time,
        }
    }

    /// Adds the signature's headers.
    pub(crate) fn sign(mut self) -> Self {
        let credentials = Credentials::new(
            &self.access_key_id,
            &self.secret,
            self.token.clone(),
            None,
            "test",
        );
        let identity = credentials.into();
        let mut settings = SigningSettings::default();
        if self.service == "s3" {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(self.time)
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let body = SignableBody::Bytes(self.body.as_bytes());
        let request = SignableRequest::new(self.method, &self.url, headers, body).unwrap();
        let (instructions, _) = sign(request, &params).unwrap().into_parts();
        let added = instructions
            .headers()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let added: Vec<_> = added.collect();
        self.headers.extend(added);
        self
    }

    /// Sets, replaces or (with `None`) removes a header.
    pub(crate) fn header(mut self, name: &str, value: Option<&str>) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers
            .extend(value.map(|value| (name.to_owned(), value.to_owned())));
        self
    }

    /// Changes a header that is there.
    pub(crate) fn change(mut self, name: &str, change: impl Fn(&str) -> String) -> Self {
        let (_, value) = self
            .headers
            .iter_mut()
            .find(|(known, _)| known == name)
            .unwrap();
        *value = change(value);
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let method: Method = self.method.parse().unwrap();
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let mut request = client.request(method, &self.url).body(self.body);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer {
            status,
            headers,
            text: response.text().await.unwrap(),
        }
    }
}

/// A form without a signature.
pub(crate) async fn post(endpoint: &str, form: &[(&str, &str)]) -> Answer {
    let client = Client::builder().no_proxy().build().unwrap();
    let response = client.post(endpoint).form(form).send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer {
        status,
        headers,
        text: response.text().await.unwrap(),
    }
}

fn encode(form: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = form
        .iter()
        .map(|(name, value)| {
            let value =
                percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            format!("{name}={value}")
        })
        .collect();
    pairs.join("&")
}
