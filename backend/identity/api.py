"""The routes of identity: signing in, oneself, and the people of an organisation."""

from fastapi import APIRouter

from backend.identity import api_admin, api_auth, api_forms, api_me

router = APIRouter()
router.include_router(api_auth.router)
router.include_router(api_forms.router)
router.include_router(api_me.router)
router.include_router(api_admin.router)
