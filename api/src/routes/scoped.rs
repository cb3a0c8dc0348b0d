//! What a handler works with: the house as the caller's organisation sees it, with the caller as the writer.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use crate::access::Caller;
use crate::app::App;
use crate::error::Error;

/// The house within the caller's rights. There is none where the gate let nobody in.
pub struct Scoped {
    app: App,
    pub caller: Caller,
}

impl Deref for Scoped {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl FromRequest for Scoped {
    type Error = Error;
    type Future = Ready<Result<Scoped, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Caller>().cloned();
        ready(match (request.app_data::<web::Data<App>>(), caller) {
            (Some(app), Some(caller)) => {
                app.of_organisation(&caller.organisation, &caller.person).map(|app| Scoped { app, caller })
            }
            _ => Err(Error::internal("no caller behind the gate")),
        })
    }
}
