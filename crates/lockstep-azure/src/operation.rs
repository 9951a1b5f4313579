//! What can be asked of the cloud, of which side, and with which right. One list of like things.

use std::fmt;

/// Something that is asked of the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Run the pass's query over the workspace's tables.
    Query,
    /// List the incidents that are not closed.
    ListIncidents,
    /// Read one incident.
    ReadIncident,
    /// Write one incident.
    WriteIncident,
    /// Write a comment on an incident.
    WriteComment,
    /// List the tasks of one incident.
    ListTasks,
    /// List the alerts of a subscription.
    ListAlerts,
    /// Read one alert.
    ReadAlert,
    /// Read who acted on an alert.
    ReadActivityLog,
    /// List what dismisses new alerts by itself in a subscription.
    ListSuppressionRules,
    /// Make an alert active again.
    ActivateAlert,
    /// Set an alert in progress.
    SetAlertInProgress,
    /// Dismiss an alert.
    DismissAlert,
    /// Resolve an alert.
    ResolveAlert,
    /// Read the workspace's own resource.
    ReadWorkspace,
    /// Read whether Sentinel is on in the workspace.
    ReadOnboarding,
    /// List the rules that make incidents.
    ListAlertRules,
    /// List the rules that act on incidents.
    ListAutomationRules,
    /// List what brings alerts into the workspace.
    ListDataConnectors,
    /// Ask what the table of incidents holds.
    SurveyIncidents,
    /// Ask what the table of alerts holds.
    SurveyAlerts,
    /// Read whether closing an incident closes its alerts in a subscription.
    ReadAlertSync,
    /// List Defender for Cloud's plans in a subscription.
    ListPlans,
    /// Read what this identity may do in the workspace.
    ReadWorkspaceRights,
    /// Read what this identity may do in a subscription.
    ReadSubscriptionRights,
}

impl Operation {
    /// Every operation.
    pub const ALL: &'static [Self] = &[
        Self::Query,
        Self::ListIncidents,
        Self::ReadIncident,
        Self::WriteIncident,
        Self::WriteComment,
        Self::ListTasks,
        Self::ListAlerts,
        Self::ReadAlert,
        Self::ReadActivityLog,
        Self::ListSuppressionRules,
        Self::ActivateAlert,
        Self::SetAlertInProgress,
        Self::DismissAlert,
        Self::ResolveAlert,
        Self::ReadWorkspace,
        Self::ReadOnboarding,
        Self::ListAlertRules,
        Self::ListAutomationRules,
        Self::ListDataConnectors,
        Self::SurveyIncidents,
        Self::SurveyAlerts,
        Self::ReadAlertSync,
        Self::ListPlans,
        Self::ReadWorkspaceRights,
        Self::ReadSubscriptionRights,
    ];

    /// Who is asked.
    pub fn side(self) -> Side {
        match self {
            Self::Query | Self::SurveyIncidents | Self::SurveyAlerts => Side::LogAnalytics,
            Self::ListIncidents
            | Self::ReadIncident
            | Self::WriteIncident
            | Self::WriteComment
            | Self::ListTasks
            | Self::ReadOnboarding
            | Self::ListAlertRules
            | Self::ListAutomationRules
            | Self::ListDataConnectors => Side::Sentinel,
            Self::ListAlerts
            | Self::ReadAlert
            | Self::ActivateAlert
            | Self::SetAlertInProgress
            | Self::DismissAlert
            | Self::ResolveAlert
            | Self::ReadAlertSync
            | Self::ListSuppressionRules
            | Self::ListPlans => Side::Defender,
            Self::ReadActivityLog | Self::ReadWorkspace | Self::ReadWorkspaceRights | Self::ReadSubscriptionRights => {
                Side::ResourceManager
            }
        }
    }

    /// The actions that the caller's roles must hold, the operation's own first. How each is known:
    /// [`PERMISSIONS`](crate::PERMISSIONS).
    pub fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Query => &[
                "Microsoft.OperationalInsights/workspaces/query/read",
                "Microsoft.OperationalInsights/workspaces/query/SecurityIncident/read",
                "Microsoft.OperationalInsights/workspaces/query/SecurityAlert/read",
            ],
            Self::ListIncidents | Self::ReadIncident => &["Microsoft.SecurityInsights/incidents/read"],
            Self::WriteIncident => &["Microsoft.SecurityInsights/incidents/write"],
            Self::WriteComment => &["Microsoft.SecurityInsights/incidents/comments/write"],
            Self::ListTasks => &["Microsoft.SecurityInsights/incidents/tasks/read"],
            Self::ListAlerts => &["Microsoft.Security/alerts/read"],
            Self::ReadAlert => &["Microsoft.Security/locations/alerts/read"],
            Self::ReadActivityLog => &["Microsoft.Insights/eventtypes/values/read"],
            Self::ListSuppressionRules => &["Microsoft.Security/alertsSuppressionRules/read"],
            Self::ActivateAlert => &["Microsoft.Security/locations/alerts/activate/action"],
            Self::SetAlertInProgress => &["Microsoft.Security/locations/alerts/inProgress/action"],
            Self::DismissAlert => &["Microsoft.Security/locations/alerts/dismiss/action"],
            Self::ResolveAlert => &["Microsoft.Security/locations/alerts/resolve/action"],
            Self::ReadWorkspace => &["Microsoft.OperationalInsights/workspaces/read"],
            Self::ReadOnboarding => &["Microsoft.SecurityInsights/onboardingStates/read"],
            Self::ListAlertRules => &["Microsoft.SecurityInsights/alertRules/read"],
            Self::ListAutomationRules => &["Microsoft.SecurityInsights/automationRules/read"],
            Self::ListDataConnectors => &["Microsoft.SecurityInsights/dataConnectors/read"],
            Self::SurveyIncidents => &[
                "Microsoft.OperationalInsights/workspaces/query/read",
                "Microsoft.OperationalInsights/workspaces/query/SecurityIncident/read",
            ],
            Self::SurveyAlerts => &[
                "Microsoft.OperationalInsights/workspaces/query/read",
                "Microsoft.OperationalInsights/workspaces/query/SecurityAlert/read",
            ],
            Self::ReadAlertSync => &["Microsoft.Security/settings/read"],
            Self::ListPlans => &["Microsoft.Security/pricings/read"],
            Self::ReadWorkspaceRights | Self::ReadSubscriptionRights => &["Microsoft.Authorization/permissions/read"],
        }
    }

    /// Whether something may have changed once it was asked.
    pub fn is_write(self) -> bool {
        matches!(
            self,
            Self::WriteIncident
                | Self::WriteComment
                | Self::ActivateAlert
                | Self::SetAlertInProgress
                | Self::DismissAlert
                | Self::ResolveAlert
        )
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Query => "querying the workspace",
            Self::ListIncidents => "listing incidents",
            Self::ReadIncident => "reading an incident",
            Self::WriteIncident => "writing an incident",
            Self::WriteComment => "writing a comment on an incident",
            Self::ListTasks => "listing an incident's tasks",
            Self::ListAlerts => "listing alerts",
            Self::ReadAlert => "reading an alert",
            Self::ReadActivityLog => "reading the activity log",
            Self::ListSuppressionRules => "listing suppression rules",
            Self::ActivateAlert => "activating an alert",
            Self::SetAlertInProgress => "setting an alert in progress",
            Self::DismissAlert => "dismissing an alert",
            Self::ResolveAlert => "resolving an alert",
            Self::ReadWorkspace => "reading the workspace",
            Self::ReadOnboarding => "reading whether Sentinel is on",
            Self::ListAlertRules => "listing the rules that make incidents",
            Self::ListAutomationRules => "listing automation rules",
            Self::ListDataConnectors => "listing data connectors",
            Self::SurveyIncidents => "querying SecurityIncident",
            Self::SurveyAlerts => "querying SecurityAlert",
            Self::ReadAlertSync => "reading the setting of bi-directional sync",
            Self::ListPlans => "listing Defender plans",
            Self::ReadWorkspaceRights => "reading the identity's rights in the workspace",
            Self::ReadSubscriptionRights => "reading the identity's rights in a subscription",
        })
    }
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Microsoft Entra, which gives out tokens.
    Entra,
    /// The endpoint on this host that gives out a managed identity's tokens.
    ManagedIdentity,
    /// The Azure CLI on this host.
    AzureCli,
    /// Azure Monitor Logs, which answers queries over the workspace's tables.
    LogAnalytics,
    /// Microsoft Sentinel, through Azure Resource Manager.
    Sentinel,
    /// Microsoft Defender for Cloud, through Azure Resource Manager.
    Defender,
    /// Azure Resource Manager itself.
    ResourceManager,
    /// The storage account that a ledger lies in.
    Storage,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Entra => "Microsoft Entra",
            Self::ManagedIdentity => "the managed identity endpoint",
            Self::AzureCli => "the Azure CLI",
            Self::LogAnalytics => "Log Analytics",
            Self::Sentinel => "Microsoft Sentinel",
            Self::Defender => "Microsoft Defender for Cloud",
            Self::ResourceManager => "Azure Resource Manager",
            Self::Storage => "the storage account",
        })
    }
}
