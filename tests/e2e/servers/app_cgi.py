# The WSGI application, one process for each request.
from wsgiref.handlers import CGIHandler

from app_wsgi import app

CGIHandler().run(app)
