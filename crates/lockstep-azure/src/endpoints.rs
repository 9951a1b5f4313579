//! Where each cloud answers, and for whom its tokens are. One table.

use std::fmt;
use std::str::FromStr;

use azure_core::http::Url;
use thiserror::Error;

/// A cloud whose endpoints are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cloud {
    /// Azure, the public cloud.
    Public,
    /// Azure US Government.
    UsGovernment,
}

impl Cloud {
    /// Every cloud that is known.
    pub const ALL: &'static [Self] = &[Self::Public, Self::UsGovernment];

    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::UsGovernment => "us-government",
        }
    }

    /// Its rows of the table.
    ///
    /// Source: azure-cli-core 2.91.0 `cloud.py` (login, ARM, audiences); the request format of the Log Analytics query API,
    /// <https://learn.microsoft.com/azure/azure-monitor/logs/api/request-format> (hosts), whose access page asks for the
    /// audience of the older `.io` host in the public cloud.
    fn row(self) -> [&'static str; 5] {
        match self {
            Self::Public => [
                "https://login.microsoftonline.com/",
                "https://management.azure.com/",
                "https://api.loganalytics.azure.com/",
                "https://management.azure.com",
                "https://api.loganalytics.io",
            ],
            Self::UsGovernment => [
                "https://login.microsoftonline.us/",
                "https://management.usgovcloudapi.net/",
                "https://api.loganalytics.us/",
                "https://management.usgovcloudapi.net",
                "https://api.loganalytics.us",
            ],
        }
    }
}

impl FromStr for Cloud {
    type Err = EndpointsError;

    fn from_str(name: &str) -> Result<Self, EndpointsError> {
        match name {
            "china" => Err(EndpointsError::Retired),
            _ => Self::ALL
                .iter()
                .copied()
                .find(|cloud| cloud.name() == name)
                .ok_or_else(|| EndpointsError::UnknownCloud(name.to_owned())),
        }
    }
}

/// Where requests go, and whom the tokens for them are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Microsoft Entra.
    pub(crate) login: Url,
    /// Azure Resource Manager.
    pub(crate) arm: Url,
    /// The Log Analytics query API.
    pub(crate) logs: Url,
    arm_audience: String,
    logs_audience: String,
}

/// Who is meant to answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum World {
    /// Whoever answers.
    #[default]
    Any,
    /// Microsoft's services, or what speaks for them: an answer that a twin has marked as its own is refused.
    Services,
    /// A twin: an answer of success that it has not marked is refused.
    Twin,
}

/// One of the endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Microsoft Entra.
    Login,
    /// Azure Resource Manager.
    Arm,
    /// The Log Analytics query API.
    Logs,
}

impl Endpoints {
    /// The endpoints of a known cloud.
    pub fn of(cloud: Cloud) -> Self {
        let [login, arm, logs, arm_audience, logs_audience] = cloud.row();
        let url = |text: &str| Url::parse(text).expect("the table holds URLs");
        Self {
            login: url(login),
            arm: url(arm),
            logs: url(logs),
            arm_audience: arm_audience.to_owned(),
            logs_audience: logs_audience.to_owned(),
        }
    }

    /// The same with another host for one of them. Audiences stay: a proxy or a stand-in answers for the cloud's own.
    ///
    /// # Errors
    /// `url` is not `https://HOST[:PORT]`: a token goes nowhere in the clear, and paths are ours.
    pub fn with(mut self, endpoint: Endpoint, url: &str) -> Result<Self, EndpointsError> {
        let url = base(endpoint, url)?;
        match endpoint {
            Endpoint::Login => self.login = url,
            Endpoint::Arm => self.arm = url,
            Endpoint::Logs => self.logs = url,
        }
        Ok(self)
    }

    /// The same with other audiences: a cloud that is not in the table names its own.
    ///
    /// # Errors
    /// An audience is empty or holds what a scope cannot.
    pub fn with_audiences(mut self, arm: &str, logs: &str) -> Result<Self, EndpointsError> {
        for audience in [arm, logs] {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:/".contains(&byte);
            if audience.is_empty() || !audience.bytes().all(allowed) {
                return Err(EndpointsError::Audience(audience.to_owned()));
            }
        }
        self.arm_audience = arm.trim_end_matches('/').to_owned();
        self.logs_audience = logs.trim_end_matches('/').to_owned();
        Ok(self)
    }

    /// Where Azure Resource Manager answers.
    pub fn arm(&self) -> &Url {
        &self.arm
    }

    /// The first of them that is a host of Microsoft's, with the host.
    pub fn microsoft_host(&self) -> Option<(Endpoint, &str)> {
        let all = [(Endpoint::Login, &self.login), (Endpoint::Arm, &self.arm), (Endpoint::Logs, &self.logs)];
        all.into_iter()
            .find_map(|(endpoint, url)| Some((endpoint, url.host_str()?)).filter(|(_, host)| is_microsoft(host)))
    }

    /// What to ask of Entra for a token that Azure Resource Manager takes.
    pub(crate) fn arm_scope(&self) -> String {
        format!("{}/.default", self.arm_audience)
    }

    /// What to ask of Entra for a token that Log Analytics takes.
    pub(crate) fn logs_scope(&self) -> String {
        format!("{}/.default", self.logs_audience)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Login => "login",
            Self::Arm => "ARM",
            Self::Logs => "logs",
        })
    }
}

/// A cloud or an endpoint that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EndpointsError {
    /// Azure in China has no Sentinel any more.
    #[error("Microsoft Sentinel was retired in Azure in China on 2026-08-18: there is nothing to keep in step there")]
    Retired,
    /// Not in the table.
    #[error("\"{}\" is no cloud that is known: public and us-government are; for another one, name its endpoints", .0.escape_debug())]
    UnknownCloud(String),
    /// Not a URL of the wanted form.
    #[error("\"{}\" cannot be the {endpoint} endpoint: https://HOST or https://HOST:PORT is wanted", .found.escape_debug())]
    Url {
        /// Which endpoint.
        endpoint: Endpoint,
        /// What was found.
        found: String,
    },
    /// Not an audience.
    #[error("\"{}\" cannot be an audience: a URL such as https://management.azure.com is wanted", .0.escape_debug())]
    Audience(String),
}

/// Whether a host is in a domain that Microsoft's clouds answer in.
///
/// Source: <https://learn.microsoft.com/azure/azure-portal/azure-portal-safelist-urls>, all clouds.
fn is_microsoft(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    MICROSOFT.iter().any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

const MICROSOFT: [&str; 16] = [
    "azure.com",
    "azure.net",
    "azure.us",
    "azure.cn",
    "chinacloudapi.cn",
    "loganalytics.io",
    "loganalytics.us",
    "microsoft.com",
    "microsoft.us",
    "microsoftonline.com",
    "microsoftonline.us",
    "partner.microsoftonline.cn",
    "usgovcloudapi.net",
    "windows.net",
    "live.com",
    "office.com",
];

fn base(endpoint: Endpoint, text: &str) -> Result<Url, EndpointsError> {
    let wrong = || EndpointsError::Url { endpoint, found: text.to_owned() };
    let url = Url::parse(text).map_err(|_| wrong())?;
    let is_plain = url.scheme() == "https"
        && url.host().is_some()
        && url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none();
    if is_plain { Ok(url) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_is_known_by_name_or_refused_by_name() {
        let check = |name: &str, expected: &str| {
            let said = name.parse().map_or_else(
                |error: EndpointsError| error.to_string(),
                |cloud: Cloud| Endpoints::of(cloud).logs.to_string(),
            );
            assert!(said.contains(expected), "{said}");
        };
        check("public", "https://api.loganalytics.azure.com/");
        check("us-government", "https://api.loganalytics.us/");
        check("china", "2026-08-18");
        check("Public", "\"Public\" is no cloud that is known");
    }

    #[test]
    fn an_endpoint_is_a_bare_https_host() {
        let check = |url: &str, expected: Result<&str, ()>| {
            let endpoints = Endpoints::of(Cloud::Public).with(Endpoint::Arm, url);
            assert_eq!(endpoints.as_ref().map(|it| it.arm.as_str()).map_err(|_| ()), expected, "{url}");
        };
        check("https://localhost:8443", Ok("https://localhost:8443/"));
        check("https://arm.twin.local/", Ok("https://arm.twin.local/"));
        check("http://arm.twin.local", Err(()));
        check("https://user:word@arm.twin.local", Err(()));
        check("https://arm.twin.local/path", Err(()));
        check("https://arm.twin.local?x=1", Err(()));
        check("arm.twin.local", Err(()));
    }

    #[test]
    fn the_hosts_of_microsoft_are_known() {
        for cloud in Cloud::ALL {
            assert!(Endpoints::of(*cloud).microsoft_host().is_some(), "{cloud:?}");
        }
        let check = |host: &str, expected: bool| {
            let url = format!("https://{host}");
            let own = Endpoints::of(Cloud::Public).with(Endpoint::Login, "https://twin.local").expect("a URL");
            let own = own.with(Endpoint::Logs, "https://twin.local:8443").expect("a URL");
            let own = own.with(Endpoint::Arm, &url).expect("a URL");
            assert_eq!(own.microsoft_host().is_some(), expected, "{host}");
        };
        check("management.azure.com", true);
        check("MANAGEMENT.azure.com.", true);
        check("westeurope.management.azure.com", true);
        check("azure.com", true);
        check("notazure.com", false);
        check("azure.com.example", false);
        check("localhost:8443", false);
        check("127.0.0.1", false);
    }

    #[test]
    fn the_government_cloud_asks_for_its_own_audiences() {
        let endpoints = Endpoints::of(Cloud::UsGovernment);
        assert_eq!(endpoints.arm_scope(), "https://management.usgovcloudapi.net/.default");
        assert_eq!(endpoints.logs_scope(), "https://api.loganalytics.us/.default");
    }
}
