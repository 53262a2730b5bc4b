"""The recorded ground motions of FEMA P-695 (2009), Appendix A: far-field and near-field sets."""

import gmplug


@gmplug.hookimpl
def gmplug_catalogues():
    return {"fema-p695": "gmplug_fema_p695.catalogue:fema_p695"}
