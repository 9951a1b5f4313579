//! What hangs on an incident: comments, tasks, relations. Every change of one writes the incident.

use super::acts::Refused;
use super::incident::{Actor, BookmarkRelation, Comment, Task};
use super::words::TaskStatus;
use super::{Alert, Collection, Holder, Incident, IncidentKey, World};

/// A comment as somebody writes it.
pub(crate) struct CommentWrite {
    pub(crate) message: String,
    pub(crate) etag: Option<String>,
}

/// A task as somebody writes it.
pub(crate) struct TaskWrite {
    pub(crate) title: String,
    pub(crate) description: Option<String>,
    pub(crate) status: TaskStatus,
    pub(crate) etag: Option<String>,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// There was no such thing before.
    Created,
    /// It was there already.
    Updated,
}

/// What became of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deleted {
    Gone,
    NeverWas,
}

impl World {
    pub(crate) fn write_comment(
        &mut self,
        place: usize,
        incident: &str,
        name: &str,
        write: CommentWrite,
        by: &Actor,
    ) -> Result<Written, Refused> {
        let (key, found) = self.find(place, incident)?;
        let known = found.comments.iter().find(|comment| comment.name.eq_ignore_ascii_case(name));
        let is_new = known.is_none();
        if stale(write.etag.as_deref(), known.map(|comment| part_etag(comment.version, comment.modified))) {
            return Err(Refused::Stale);
        }
        if is_new && found.comments_count() >= COMMENTS_PER_INCIDENT {
            return Err(Refused::Limit("an incident holds at most 100 comments"));
        }
        let (version, at) = (self.next_version(), self.now());
        self.touch(key, by, |incident| {
            match incident.comments.iter_mut().find(|comment| comment.name.eq_ignore_ascii_case(name)) {
                Some(comment) => (comment.message, comment.version, comment.modified) = (write.message, version, at),
                None => incident.comments.push(Comment {
                    name: name.into(),
                    version,
                    message: write.message,
                    author: by.clone(),
                    created: at,
                    modified: at,
                }),
            }
        });
        self.automate();
        Ok(if is_new { Written::Created } else { Written::Updated })
    }

    pub(crate) fn delete_comment(
        &mut self,
        place: usize,
        incident: &str,
        name: &str,
        by: &Actor,
    ) -> Result<Deleted, Refused> {
        let (key, found) = self.find(place, incident)?;
        if !found.comments.iter().any(|comment| comment.name.eq_ignore_ascii_case(name)) {
            return Ok(Deleted::NeverWas);
        }
        self.touch(key, by, |incident| {
            incident.comments.retain(|comment| !comment.name.eq_ignore_ascii_case(name));
        });
        self.automate();
        Ok(Deleted::Gone)
    }

    pub(crate) fn write_task(
        &mut self,
        place: usize,
        incident: &str,
        name: &str,
        write: TaskWrite,
        by: &Actor,
    ) -> Result<Written, Refused> {
        let (key, found) = self.find(place, incident)?;
        let known = found.tasks.iter().find(|task| task.name.eq_ignore_ascii_case(name));
        let is_new = known.is_none();
        if stale(write.etag.as_deref(), known.map(|task| part_etag(task.version, task.modified))) {
            return Err(Refused::Stale);
        }
        if is_new && found.tasks.len() >= TASKS_PER_INCIDENT {
            return Err(Refused::Limit("an incident holds at most 40 tasks"));
        }
        let (version, at) = (self.next_version(), self.now());
        self.touch(key, by, |incident| {
            let known = incident.tasks.iter_mut().find(|task| task.name.eq_ignore_ascii_case(name));
            let (created, created_by) =
                known.as_ref().map_or_else(|| (at, by.clone()), |task| (task.created, task.created_by.clone()));
            let task = Task {
                name: name.into(),
                version,
                title: write.title,
                description: write.description,
                status: write.status,
                created_by,
                modified_by: by.clone(),
                created,
                modified: at,
            };
            match known {
                Some(known) => *known = task,
                None => incident.tasks.push(task),
            }
        });
        self.automate();
        Ok(if is_new { Written::Created } else { Written::Updated })
    }

    /// Somebody writes down something that is to be done about an incident.
    ///
    /// # Errors
    /// [`Refused::NotFound`] for an unknown incident, [`Refused::Limit`] where it has as many tasks as it can.
    pub fn open_task(&mut self, incident: &str, title: &str, by: &Actor) -> Result<Written, Refused> {
        let key = self.key(incident).ok_or(Refused::NotFound)?;
        let tasks = self.keyed(key).map_or(0, |incident| incident.tasks.len());
        let name = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, format!("{incident}/task/{tasks}").as_bytes());
        let write = TaskWrite { title: title.into(), description: None, status: TaskStatus::New, etag: None };
        self.write_task(key.place, incident, &name.to_string(), write, by)
    }

    pub(crate) fn delete_task(
        &mut self,
        place: usize,
        incident: &str,
        name: &str,
        by: &Actor,
    ) -> Result<Deleted, Refused> {
        let (key, found) = self.find(place, incident)?;
        if !found.tasks.iter().any(|task| task.name.eq_ignore_ascii_case(name)) {
            return Ok(Deleted::NeverWas);
        }
        self.touch(key, by, |incident| incident.tasks.retain(|task| !task.name.eq_ignore_ascii_case(name)));
        self.automate();
        Ok(Deleted::Gone)
    }

    /// Puts an alert into an incident, under the name that the relation is given. [`Refused::NotFound`] for either unknown.
    pub fn relate_alert(
        &mut self,
        incident: &str,
        system_alert_id: &str,
        relation: Option<&str>,
        by: &Actor,
    ) -> Result<Written, Refused> {
        let place = self.key(incident).ok_or(Refused::NotFound)?.place;
        self.relate_alert_in(place, incident, system_alert_id, relation, by)
    }

    /// Puts an alert into an incident of one workspace, as [`Self::relate_alert`] does.
    pub(crate) fn relate_alert_in(
        &mut self,
        place: usize,
        incident: &str,
        system_alert_id: &str,
        relation: Option<&str>,
        by: &Actor,
    ) -> Result<Written, Refused> {
        let (key, found) = self.find(place, incident)?;
        let alert = self.alerts.by_system_id(system_alert_id).ok_or(Refused::NotFound)?.clone();
        if found.holds(system_alert_id) {
            return Ok(Written::Updated);
        }
        if found.alert_ids.len() >= ALERTS_PER_INCIDENT {
            return Err(Refused::Limit("an incident holds at most 150 alerts"));
        }
        self.touch(key, by, |incident| {
            incident.take_in(&alert);
            incident.named_relations.extend(relation.map(|name| (name.to_owned(), alert.system_alert_id.clone())));
        });
        self.automate();
        Ok(Written::Created)
    }

    /// Puts a bookmark of the workspace into an incident. That it has to exist is assumed, as it has to for alerts.
    pub(crate) fn relate_bookmark(
        &mut self,
        place: usize,
        incident: &str,
        relation: BookmarkRelation,
        by: &Actor,
    ) -> Result<Written, Refused> {
        let (key, found) = self.find(place, incident)?;
        let bookmark = relation.bookmark.rsplit('/').next().unwrap_or_default();
        self.stored_one(&Holder::Workspace(place), Collection::Bookmarks, bookmark).ok_or(Refused::NotFound)?;
        let same = |known: &BookmarkRelation| known.name.eq_ignore_ascii_case(&relation.name);
        let is_new = !found.bookmarks.iter().any(same);
        if is_new && found.bookmarks.len() >= BOOKMARKS_PER_INCIDENT {
            return Err(Refused::Limit("an incident holds at most 20 bookmarks"));
        }
        self.touch(key, by, |incident| {
            incident.bookmarks.retain(|known| !known.name.eq_ignore_ascii_case(&relation.name));
            incident.bookmarks.push(relation);
        });
        self.automate();
        Ok(if is_new { Written::Created } else { Written::Updated })
    }

    /// Takes an alert or a bookmark out of an incident.
    pub(crate) fn unrelate(
        &mut self,
        place: usize,
        incident: &str,
        relation: &str,
        by: &Actor,
    ) -> Result<Deleted, Refused> {
        let (key, found) = self.find(place, incident)?;
        let alert = found.alert_ids.iter().find(|id| found.relation_name(id).eq_ignore_ascii_case(relation)).cloned();
        let bookmark = found.bookmarks.iter().any(|known| known.name.eq_ignore_ascii_case(relation));
        if alert.is_none() && !bookmark {
            return Ok(Deleted::NeverWas);
        }
        let kept = found.alert_ids.iter().filter(|id| Some(*id) != alert.as_ref());
        let kept: Vec<Alert> = kept.filter_map(|id| self.alerts.by_system_id(id).cloned()).collect();
        self.touch(key, by, |incident| {
            if let Some(alert) = &alert {
                incident.leave_out(alert, &kept);
            }
            incident.bookmarks.retain(|known| !known.name.eq_ignore_ascii_case(relation));
        });
        self.automate();
        Ok(Deleted::Gone)
    }

    fn find(&self, place: usize, incident: &str) -> Result<(IncidentKey, Incident), Refused> {
        let key = self.key_in(place, incident).ok_or(Refused::NotFound)?;
        self.keyed(key).map(|incident| (key, incident.clone())).ok_or(Refused::NotFound)
    }
}

impl Incident {
    /// Whether it holds the alert.
    pub fn holds(&self, system_alert_id: &str) -> bool {
        self.alert_ids.iter().any(|id| id.eq_ignore_ascii_case(system_alert_id))
    }

    /// Whether the relation of that name is to an alert.
    pub(crate) fn relates_alert(&self, relation: &str) -> bool {
        self.alert_ids.iter().any(|id| self.relation_name(id).eq_ignore_ascii_case(relation))
    }

    /// How many comments it has.
    pub fn comments_count(&self) -> usize {
        self.comments.len() + usize::try_from(self.other_comments).unwrap_or(usize::MAX)
    }

    /// Takes an alert out, and says of the alerts only what those that are `kept` say.
    fn leave_out(&mut self, alert: &str, kept: &[Alert]) {
        self.alert_ids.retain(|id| id != alert);
        self.named_relations.retain(|(_, id)| id != alert);
        self.product_names.clear();
        self.tactics.clear();
        self.techniques.clear();
        kept.iter().for_each(|alert| self.take_in(alert));
    }

    /// The name of its relation to an alert: as it was given, or else always the same for the same pair.
    pub(crate) fn relation_name(&self, system_alert_id: &str) -> String {
        if let Some((name, _)) = self.named_relations.iter().find(|(_, id)| id.eq_ignore_ascii_case(system_alert_id)) {
            return name.clone();
        }
        let subject = format!("{}/{}", self.name.to_ascii_lowercase(), system_alert_id.to_ascii_lowercase());
        uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, subject.as_bytes()).to_string()
    }
}

/// The etag of a comment or a task.
pub(crate) fn part_etag(version: u64, modified: time::OffsetDateTime) -> String {
    format!("\"{version:08x}-0000-0d00-0000-{:08x}0000\"", modified.unix_timestamp())
}

fn stale(sent: Option<&str>, kept: Option<String>) -> bool {
    sent.is_some_and(|sent| kept.as_deref() != Some(sent))
}

// Service limits: https://learn.microsoft.com/azure/sentinel/sentinel-service-limits
pub(super) const ALERTS_PER_INCIDENT: usize = 150;
const COMMENTS_PER_INCIDENT: usize = 100;
const TASKS_PER_INCIDENT: usize = 40;
const BOOKMARKS_PER_INCIDENT: usize = 20;
