"""The recorded ground motions of FEMA P-695 (2009), Appendix A: far-field and near-field sets."""

import gmplug


@gmplug.hookimpl
def gmplug_catalogues():
    from gmplug_fema_p695.catalogue import fema_p695

    return {"fema-p695": fema_p695}
